/** First line of every generated page. */
export const GENERATED = '<!-- Printed by `npm run docs`: change the code it is printed from. -->\n\n'

/** A table; cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return `${[line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

export const code = (text: string) => `\`${text}\``
