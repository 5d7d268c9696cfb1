/**
 * The models of this device: what the board's plan chose or the owner named, or what came over the air since; and how each
 * is tried and replaced. main.ts builds one.
 */
import type { HealthEvent } from '../ota/client/health.js'
import type { Installed } from '../ota/client/slots.js'
import type { Clock } from './base/clock.js'
import type { Board } from './board/board.js'
import { DAEMON_MIB } from './board/budget.js'
import type { ModelChoice } from './choose-model.js'
import type { Config } from './config/schema.js'
import { type EngineChoice, engineFor, supervised } from './engine.js'
import { factoryModelOf } from './factory.js'
import { AbsentEngine } from './inference/absent.js'
import type { ActiveEngine, ModelFiles } from './inference/active.js'
import { engineVersion } from './inference/engine-version.js'
import type { SpareChild } from './inference/fork.js'
import { Standby } from './inference/standby.js'
import type { EngineEvent, SupervisedEngine } from './inference/supervisor.js'
import { CLASSIFIER, LineClassifier } from './line-classifier.js'
import { LineModel, lineModelFile } from './line-model.js'
import { managedClassifier } from './managed-classifier.js'
import { classesOf, filesOf, type Household, type LoadedModel, managedModel } from './managed-model.js'
import { type ManagedModel, Updates, type UpdatesOptions } from './updates.js'

export interface ModelsOptions extends Omit<UpdatesOptions, 'models' | 'board'> {
  config: Config
  board: Board
  choice: ModelChoice | { none: string }
  clock: Clock
  onEngine(event: EngineEvent): void
  /** Another model reads commands, or lines, from now on. */
  onSwapped(family: string): void
  /** For the model that reads commands. */
  spare?: SpareChild
}

/** Which files answer, and who may replace them. */
export class Models {
  /** Reads commands. */
  readonly engine: ActiveEngine | AbsentEngine
  /** The same; undefined where no model fits this board. */
  readonly active: ActiveEngine | undefined
  /** Reads lines. */
  readonly line: LineModel | undefined
  /** Weighs lines. */
  readonly classifier: LineClassifier | undefined
  readonly updates: Updates

  private constructor(
    engine: ActiveEngine | AbsentEngine,
    { line, classifier }: Pick<Models, 'line' | 'classifier'>,
    updates: Updates,
  ) {
    this.engine = engine
    this.active = engine instanceof AbsentEngine ? undefined : engine
    this.line = line
    this.classifier = classifier
    this.updates = updates
  }

  /**
   * Finds the files, read back from the disk; loads nothing. `updates` must be stopped when what follows fails.
   * @throws factory_damaged, updater_running, no_model_left
   */
  static async find(o: ModelsOptions, signal: AbortSignal): Promise<Models> {
    const { config, board, choice } = o
    const memoryMib = Math.max(0, board.plan.memory.freeForUsMib - DAEMON_MIB)
    const household: Household = {
      memoryMib,
      isBusy: () => o.requests.load.queued + o.requests.load.running > 0,
      running: family => updates.running(family),
      standby: new Standby(),
      loaded: () => [
        ...loadedOf('command', made.command),
        // its process begins with the first unclear line
        ...loadedOf('line', made.line?.engine),
      ],
    }
    const tellOf = (family: string) => (event: EngineEvent) => {
      o.onEngine(event)
      if (event.type === 'died') updates.health(family, { what: 'crash' })
    }
    const lineFile = lineModelFile(config)
    const made: { command?: ActiveEngine; line?: LineModel } = {}
    const chosen = 'none' in choice ? undefined : commandChoice(o, choice)
    const managed: ManagedModel[] = []
    if (chosen && isShipped('command', chosen.choice.path))
      managed.push(
        managedModel('command', household, {
          active: async () => made.command!,
          make: (files, settings) =>
            onceItAnswers(made.command!, tellOf('command'), onEvent =>
              supervised(files, { ...chosen, onEvent }, settings),
            ),
          swap: (files, abort, how) => made.command!.swap(files, abort, how),
        }),
      )
    if (lineFile && isShipped('line', lineFile.path))
      managed.push(
        managedModel('line', household, {
          active: async () => {
            await made.line!.begin()
            return made.line!.engine
          },
          make: (files, settings) =>
            onceItAnswers(made.line!.engine, tellOf('line'), onEvent =>
              made.line!.supervised(files, onEvent, settings),
            ),
          swap: (files, abort, how) => made.line!.swap(files, abort, how),
        }),
      )
    const classifier = LineClassifier.find({
      ...o,
      onRead: event => updates.health(CLASSIFIER, event),
    })
    if (classifier && !classifier.isOwn)
      managed.push(managedClassifier(classifier, () => o.onSwapped(CLASSIFIER)))
    const updates = new Updates({
      ...o,
      models: managed,
      board: { classes: classesOf(board), memoryMib, engine: engineNumber() },
    })
    await updates.prepare(signal)
    if (chosen)
      made.command = engineFor({
        ...chosen,
        onEvent: tellOf('command'),
        first: running(household, 'command') ?? fileOf(chosen.choice),
        onSwapped: () => o.onSwapped('command'),
        ...(o.spare ? { spare: o.spare } : {}),
      })
    if (lineFile)
      made.line = new LineModel({
        file: running(household, 'line') ?? lineFile,
        clock: o.clock,
        threads: config.model.threads === 'auto' ? 1 : config.model.threads,
        onEvent: tellOf('line'),
        onSwapped: () => o.onSwapped('line'),
        onRead: event => updates.health('line', timed(event, made.command)),
      })
    const weights = updates.running(CLASSIFIER)
    if (weights && weights.slot !== 'factory') classifier?.goOnWith(weights.files.model!)
    const none = 'none' in choice ? choice.none : ''
    return new Models(made.command ?? new AbsentEngine(none), { line: made.line, classifier }, updates)
  }

  /** What became of a request for the model that reads commands. */
  health(event: HealthEvent): void {
    this.updates.health('command', timed(event, this.active))
  }
}

function loadedOf(family: string, engine: ActiveEngine | undefined): LoadedModel[] {
  if (engine?.info === undefined) return []
  return [{ family, files: engine.files, residentBytes: engine.childRssBytes }]
}

/** Without its time while the governor holds the board back: that is no doing of the model's. */
function timed(event: HealthEvent, engine: Pick<ActiveEngine, 'isHeldBack'> | undefined): HealthEvent {
  return event.what === 'answered' && engine?.isHeldBack ? { what: 'answered' } : event
}

/** An engine for a trial: what happens to it is nobody's business before it answers people. */
function onceItAnswers(
  active: ActiveEngine,
  tell: (event: EngineEvent) => void,
  make: (onEvent: (event: EngineEvent) => void) => SupervisedEngine,
): SupervisedEngine {
  const engine = make(event => {
    if (active.holds(engine)) tell(event)
  })
  return engine
}

function commandChoice(
  { config, board, clock, onEngine }: ModelsOptions,
  choice: ModelChoice,
): Omit<EngineChoice, 'first'> {
  return { choice, config, board, clock, onEvent: onEngine }
}

/** What the owner or the plan put in the place of the model that ships is theirs to replace. */
const isShipped = (family: 'command' | 'line', path: string) => factoryModelOf(family).files.model === path

function running(household: Household, family: string): ModelFiles | undefined {
  const installed: Installed | undefined = household.running(family)
  return installed && filesOf(installed, household)
}

function fileOf({ path, sha256 }: ModelChoice): ModelFiles {
  return { path, ...(sha256 ? { sha256 } : {}) }
}

/** `3.22.1` of `node-llama-cpp 3.22.1`. */
const engineNumber = () => /\d+(\.\d+){0,2}/.exec(engineVersion())?.[0] ?? '0'
