import fc from 'fast-check'
import t from 'tap'
import { Matcher } from '../../../daemon/inference/grammar.js'
import { fromJsonSchema } from '../../../daemon/inference/json-schema.js'
import { toBytes } from '../../../daemon/inference/utf8.js'

const accepts = (schema: unknown, text: string) => {
  const matcher = new Matcher(fromJsonSchema(schema))
  return matcher.advance(toBytes(text)) && matcher.canEnd()
}
/** A random schema of the safe subset with a value of it. */
function schemaAndValue(depth: number): fc.Arbitrary<{ schema: object; value: unknown }> {
  const leaf = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }).map(value => ({ schema: { type: 'string' }, value })),
    fc.maxSafeInteger().map(n => ({ schema: { type: 'integer' }, value: n % 1e15 })),
    fc.integer({ min: -9999, max: 9999 }).map(n => ({ schema: { type: 'number' }, value: n / 8 || 0 })),
    fc.boolean().map(value => ({ schema: { type: 'boolean' }, value })),
    fc
      .jsonValue({ maxDepth: 1 })
      .map(value => ({ schema: { enum: [value, 'other'] }, value: JSON.parse(JSON.stringify(value)) })),
  )
  if (depth === 0) return leaf
  const inner = schemaAndValue(depth - 1)
  return fc.oneof(
    leaf,
    fc.array(fc.tuple(fc.stringMatching(/^[a-z]{1,4}$/), inner), { maxLength: 4 }).map(pairs => {
      const unique = [...new Map(pairs)]
      return {
        schema: {
          type: 'object',
          properties: Object.fromEntries(unique.map(([k, v]) => [k, v.schema])),
          required: unique.map(([k]) => k),
          additionalProperties: false,
        },
        value: Object.fromEntries(unique.map(([k, v]) => [k, v.value])),
      }
    }),
    fc.tuple(inner, fc.nat(3)).map(([item, n]) => ({
      schema: { type: 'array', items: item.schema, minItems: Math.min(n, 1), maxItems: 3 },
      value: Array.from({ length: n }, () => item.value),
    })),
    fc.tuple(inner, inner).map(([a, b]) => ({ schema: { oneOf: [b.schema, a.schema] }, value: a.value })),
  )
}

t.test('every value of a schema is taken in as JSON.stringify writes it', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(schemaAndValue(3), ({ schema, value }) => {
        const text = JSON.stringify(value)
        // characters that JSON must write as \uXXXX are left out of the grammar
        return /\\u/.test(text) || accepts(schema, text)
      }),
      { numRuns: 1500 },
    ),
  )
})

t.test('lengths, keys and their order are held', async t => {
  const schema = {
    type: 'object',
    properties: { action: { enum: ['on', 'off'] }, area: { type: 'string', minLength: 1, maxLength: 3 } },
    required: ['action', 'area'],
  }
  t.ok(accepts(schema, '{"action":"on","area":"büé"}'))
  t.ok(accepts(schema, '{"action":"on","area":"\\"\\n"}'))
  for (const text of [
    '{"action":"on","area":""}',
    '{"action":"on","area":"four"}',
    '{"area":"x","action":"on"}',
    '{"action":"up","area":"x"}',
    '{"action":"on"}',
    '{"action":"on","area":"a\nb"}',
  ])
    t.notOk(accepts(schema, text), text)
  const list = { type: 'array', items: { const: 1 }, minItems: 2, maxItems: 3 }
  t.strictSame(
    ['[]', '[1]', '[1,1]', '[1,1,1]', '[1,1,1,1]'].map(text => accepts(list, text)),
    [false, false, true, true, false],
  )
})

t.test('what a grammar cannot hold is refused by name and place', async t => {
  const cases: [unknown, RegExp][] = [
    [{ anyOf: [{ type: 'string' }] }, /undefined/],
    [{ type: 'integer', minimum: 0 }, /"minimum"/],
    [{ type: 'number', maximum: 9 }, /"maximum"/],
    [{ type: 'string', pattern: 'a+' }, /"pattern"/],
    [{ type: ['string', 'null'] }, /\["string","null"\]/],
    [{ $ref: '#/x' }, /undefined/],
    [{ type: 'object', properties: { a: { type: 'string' } }, required: [] }, /"a" is optional/],
    [{ type: 'object', properties: {}, required: ['b'] }, /"b" is not described/],
    [{ type: 'object', additionalProperties: true }, /additionalProperties/],
    [{ type: 'array', items: { type: 'integer', multipleOf: 2 } }, /\(top level\)\[\]: "multipleOf"/],
    [{ type: 'array', items: { type: 'null' }, minItems: 3, maxItems: 2 }, /less than/],
    [{ enum: [] }, /empty/],
    [true, /no schema/],
  ]
  for (const [schema, says] of cases)
    t.throws(() => fromJsonSchema(schema), { code: 'grammar_unfit', message: says }, JSON.stringify(schema))
})
