/** Words that say a state is over, or was never there: `outgoing`, `cleared`, `active=0`, `no alarm`. Pure. */

const OVER =
  /\b(?:outgoing|cleared|clears|(?:returned|returns?|return|back) to normal|back (?:in|within|to) (?:range|limits|band)|to[-_]normal|rtn|resolved|recovered|restored|deasserted|de-asserted|deactivated|inactive|no longer (?:active|present|in alarm|exceed\w*|above|below|in fault)|geht(?! nicht)|gegangen|behoben|beseitigt|disappear(?:s|ed)|verschwindet|disparu|résolu)\b|\b(?:fault|alarm|error|trip|lock-?out)s?(?: code| register| counter)?s? (?:has been |was )?reset\b(?! (?:failed|required|needed|not))|\b(?:active|present|raised|asserted)"?\s?[=:]\s?"?(?:0|false|no|off)\b|\bstat(?:e|us)"?\s?[=:]\s?"?(?:inactive|cleared|normal|ok|resolved)\b|\b(?:self[- ]?test|alarm test|lamp test|trip test)\b.{0,30}\b(?:ok|passed|successful|bestanden)\b/i
const NOT_OVER =
  /\b(?:not|never|cannot be|can't be|could not be|failed to|unable to|nicht|until|unless|must be|to be)\s+(?:yet\s+)?(?:be\s+|been\s+)?(?:cleared|resolved|recovered|restored|return|behoben|beseitigt|reset|deactivated|inactive)/i

/** Whether a message says that something ended. */
export const isOver = (message: string): boolean => OVER.test(message) && !NOT_OVER.test(message)

const NONE_IN_FRONT =
  /(?:\b(?:no|zero|without|keine?|ohne|aucune?|sin)|\bfree of|(?:^|[,;:(]\s?|\b(?:with|found|has|have|were|and) )0)\s+(?:active\s+|new\s+|pending\s+)?$/i
const NONE_BEHIND =
  /^(?:[a-z_]{0,12}|\s(?:switch|contact|alarm|fault|stat(?:us|e)|relay|input|flag))"?\s?(?:[=:]|is|count[=:]?)\s?"?(?:0(?![\d.,x])|(?:false|no|none|ok|normal|inactive|off)(?=\s*(?:[,;.)}"\]|]|$)))/i

/** What follows speaks of a setting or a test that was passed, not of a state. */
const SETTING =
  /^\W{0,3}(?:(?:alarm |trip |cut-?out )?(?:limit|threshold|set[- ]?point|setting|delay|hysteresis)\b(?!.{0,20}\b(?:exceeded|passed|reached|violated|crossed))|test\b.{0,16}\b(?:ok|passed|successful(?:ly)?|complete[d]?))/i

/** All of them, for whoever must know which words matter. */
export const ENDINGS: readonly RegExp[] = [OVER, NOT_OVER, NONE_IN_FRONT, NONE_BEHIND, SETTING]

/** Whether words in front or behind say that what stands between `from` and `to` is not there: `errors=0`, `no faults`,
 * `pressure alarm limit 24 bar`. */
export const saidToBeAbsent = (message: string, from: number, to: number): boolean =>
  NONE_BEHIND.test(message.slice(to, to + 40)) ||
  SETTING.test(message.slice(to, to + 60)) ||
  NONE_IN_FRONT.test(message.slice(Math.max(0, from - 24), from))
