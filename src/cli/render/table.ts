/** A column of a table: what stands above it, and how a row fills it. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Wraps the padded cell, for colour. */
  readonly paint?: (text: string, row: Row) => string;
  readonly align?: "left" | "right";
}

const gap = "   ";

/** Width in columns of a terminal; wide East Asian characters and emoji take two. */
function width(text: string): number {
  let total = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0x1f300 && code <= 0x1faff);
    total += wide ? 2 : 1;
  }
  return total;
}

/** kubectl's kind of table: titles, no borders, no blanks at the end of a line. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) =>
    columns.map((column) => column.cell(row).replace(/\s*\n\s*/g, " ")),
  );
  const widths = columns.map((column, at) =>
    Math.max(width(column.title), ...cells.map((line) => width(line[at] ?? ""))),
  );
  const pad = (text: string, at: number): string => {
    const fill = " ".repeat(Math.max(0, (widths[at] ?? 0) - width(text)));
    return columns[at]?.align === "right" ? fill + text : text + fill;
  };
  const last = columns.length - 1;
  const place = (text: string, at: number): string =>
    at === last && columns[at]?.align !== "right" ? text : pad(text, at);
  const head = columns
    .map((column, at) => place(column.title, at))
    .join(gap)
    .trimEnd();
  const lines = rows.map((row, index) =>
    columns
      .map((column, at) => {
        const text = place(cells[index]?.[at] ?? "", at);
        return column.paint === undefined ? text : column.paint(text, row);
      })
      .join(gap)
      .trimEnd(),
  );
  return `${[head, ...lines].join("\n")}\n`;
}
