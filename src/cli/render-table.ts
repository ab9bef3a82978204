/** Lines of cells in columns two spaces apart; `sides` has "<" or ">" for each column, where its cells stand. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[], sides: string): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    sides[column] === '>' ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
  return all.map((cells) => cells.map(pad).join('  ').trimEnd())
}
