/** What people answer to the daemon's questions, and say to stop it. Names of devices and rooms are classes. */
import { expand, pick, type Random } from '../generate/expand.js'

/** Shares are equal; a pattern that is written twice is said twice as often. */
const ANSWERS: readonly string[] = [
  '(yes|yeah|yep|sure|okay|yes please|yeah sure|of course|absolutely|correct|right|go ahead|do it|confirm|please do)',
  '(yes|yeah|yep|sure|okay|yes please|yes do it|yes go ahead|yes i do|i am sure|do that|confirmed|affirmative)',
  '(no|nope|no thanks|no thank you|nah|never mind|cancel|cancel that|stop|forget it|forget that|do not|do not do that)',
  "(no|no don't|don't|leave it|not now|neither|none|none of them|nothing|abort|negative)",
  '(stop|stop it|stop that|be quiet|quiet|shut up|enough|cancel|silence|hush|stop talking|okay stop)',
  '(the |)(first|second|third|fourth|last|other|left|right|middle|upper|lower|big|small)( one|) (please|)',
  '(number |)(one|two|three|four) (please|)',
  'the (left|right|first|second|third|last|other) one (please|)',
  '(both|both of them|all|all of them|everything|every one|all three|the lot|both please|all of those)',
  '(the |)<(light|light|light|fan|cover|lock|switch|media_player|climate|appliance|vacuum)> (please|)',
  '(the |)<(light|light|fan|cover|lock|switch|media_player|appliance)> and the <(light|fan|cover|switch)>',
  '(the one |)(in |)the <area> (please|)',
  '(the |)<area> (one|ones|) (please|)',
  'the one (upstairs|downstairs|outside|on the left|on the right|in the middle)',
  'i (mean|meant|said|want) the <(light|light|fan|cover|lock|area)>',
  '(no |)(not that one|the other one|no the other one|the other one please)',
  '(undo|undo that|undo it|take that back|put it back|go back)',
  '(say that again|repeat that|what|pardon|sorry|what did you say|help|what can i say|what can you do)',
  '(thanks|thank you|thank you very much|good|great|perfect|that is all|never mind)',
  '(a little |a bit |)(more|less|higher|lower|louder|quieter|brighter|darker|warmer|cooler) (please|)',
  '(repeat|again|once more|do it again|the same again)',
  '<number> (minutes|percent|degrees|seconds|hours|) (please|)',
  'for <number> (minutes|hours|seconds)',
]

/** One answer, words parted by blanks. */
export const answer = (random: Random): string[] => expand(pick(random, ANSWERS), {}, random).split(' ')
