import { errors } from './errors.js'

/** Rhasspy builds session ids as site, wake word and UUID, each of its own length. */
const LONGEST_NAME = 192

/** Why a site, session, request or wake word id cannot be a level of a topic, or undefined when it can. */
export function problemOfName(value: string): string | undefined {
  if (value === '') return 'it is empty'
  if (value.length > LONGEST_NAME) return `it is longer than ${LONGEST_NAME} characters`
  if (/[+#/]/.test(value)) return 'it holds +, # or /'
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) return 'it holds a control character'
  if (/\p{Surrogate}/u.test(value)) return 'it is not valid Unicode'
  return undefined
}

/** @throws hermes_bad_name */
export function checkName(what: string, value: string): string {
  const problem = problemOfName(value)
  if (problem) throw errors.hermes_bad_name({ what, value: value.slice(0, LONGEST_NAME), problem })
  return value
}
