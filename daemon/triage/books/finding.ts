import type { Category, Component, Severity } from '../verdict.js'

/** What a code book says of a line. Absent means: it says nothing about that. */
export interface Finding {
  /** File of the book, without `.yaml`. */
  book: string
  /** Key of the entry in it. */
  entry: string
  /** The words of the line it was found by, as they stand there. */
  quote: string
  /** One clause in plain words: `engine oil pressure below normal, most severe`. */
  means: string
  severity?: Severity
  category?: Category
  component?: Component
  needsHuman?: boolean
  cause?: string
  action?: string
  /** Whether the code alone decides. Otherwise it is one witness among others. */
  certain: boolean
}
