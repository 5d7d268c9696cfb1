/** The board as the configuration wants it looked at. */
import { type Board, type SurveyOptions, surveyBoard } from './board/board.js'
import type { Config } from './config/schema.js'
import { engineVersion } from './inference/engine-version.js'

/** @throws profiles_broken, no_profile */
export function surveyFor(
  { board, dataDir }: Pick<Config, 'board' | 'dataDir'>,
  more: Pick<SurveyOptions, 'quick' | 'root' | 'architecture'> = {},
): Promise<Board> {
  return surveyBoard({
    root: board.root,
    dataDir,
    ...(board.profilesDir ? { profilesDir: board.profilesDir } : {}),
    goals: board,
    engine: engineVersion(),
    ...more,
  })
}
