export interface ExcerptLine {
  readonly line: number;
  readonly text: string;
}

const contextLines = 2;
const longestLine = 200;

/** A line of a text with its neighbours. */
export function excerpt(text: string, line: number): readonly ExcerptLine[] {
  const first = Math.max(1, line - contextLines);
  return text
    .split(/\r\n|\n/, line + contextLines)
    .slice(first - 1)
    .map((content, index) => ({ line: first + index, text: shorten(content) }));
}

function shorten(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
