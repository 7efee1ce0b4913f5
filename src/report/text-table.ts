/** ANSI styles; the identity where colours are off. */
export interface Style {
  readonly bad: (text: string) => string;
  readonly good: (text: string) => string;
  readonly unsure: (text: string) => string;
  readonly strong: (text: string) => string;
}

const ansi = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
const same = (text: string) => text;

export function styleOf(colour: boolean): Style {
  return colour
    ? { bad: ansi(31), good: ansi(32), unsure: ansi(33), strong: ansi(1) }
    : { bad: same, good: same, unsure: same, strong: same };
}

const widthOf = (text: string) => [...text].length;

function cut(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`;
}

/**
 * Aligned columns; `right` names the right-aligned ones by index. Where the line is too wide for the terminal the last
 * column is cut, and if that is not enough columns from the right of the middle are left out. `paint` colours a whole
 * row after it was measured.
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  options: {
    readonly right: ReadonlySet<number>;
    readonly width: number;
    readonly paint: (line: string, row: number) => string;
  },
): readonly string[] {
  const widths = header.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const last = header.length - 1;
  const lastLeast = Math.min(widths[last] ?? 0, 12);
  const shown = header.map((_, column) => column);
  const taken = () =>
    shown.filter((column) => column !== last).reduce((sum, column) => sum + (widths[column] ?? 0) + 2, 0);
  while (shown.length > 3 && taken() + lastLeast > options.width) shown.splice(shown.length - 2, 1);
  const lastWidth = Math.max(lastLeast, options.width - taken());
  const line = (cells: readonly string[]) =>
    shown
      .map((column) => {
        if (column === last) return cut(cells[column] ?? '', lastWidth);
        const cell = cells[column] ?? '';
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)));
        return options.right.has(column) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map((row, index) => options.paint(line(row), index))];
}

/** Lines of at most `width`, broken at blanks, continued with an indent. Words longer than a line are left whole. */
export function wrapped(text: string, width: number, indent = '    '): readonly string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trimStart().split(' ')) {
    if (line.trim() !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else {
      line = line.trim() === '' ? line + word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
