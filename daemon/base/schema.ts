import { z } from 'zod'
import { defineErrors } from './errors.js'

/** The schema builder's one door: everything that crosses a boundary is declared with it. */
export { z }

export const errors = defineErrors({
  invalid_value: {
    says: (a: { where: string; problems: string }) => `${a.where}: ${a.problems}`,
    remedy: 'Correct the named fields; docs/reference/ lists every field with its type and range.',
  },
})

/**
 * Lets `value` in, or says precisely why not.
 * @param where what is being read, for the message ("config file /etc/fieldmouse.yaml")
 * @throws invalid_value with every problem: path, what was expected, what came
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues
    .slice(0, 10)
    .map(issue => `${issue.path.length ? issue.path.join('.') : '(top level)'}: ${issue.message}`)
    .join('; ')
  // no cause: the sentence says all that it would, for people
  throw errors.invalid_value({ where, problems })
}
