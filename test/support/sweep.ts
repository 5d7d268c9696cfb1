/**
 * How far a sweep goes: a part of it in `npm test`, which people wait for, and all of it where FIELDMOUSE_TEST_SWEEPS is
 * `whole`, as in `.ci/run`.
 */
export const sweep = (part: number, whole: number): number =>
  process.env.FIELDMOUSE_TEST_SWEEPS === 'whole' ? whole : part
