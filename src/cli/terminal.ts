import { env, stderr, stdout } from 'node:process';

/** Where a command prints. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Width to fill. */
  readonly columns: number;
  /** Whether colours and redrawing are welcome. */
  readonly interactive: boolean;
}

const plainColumns = 80;

/** Standard output and error of this process; no colours where NO_COLOR is set (no-color.org). */
export const standardTerminal: Terminal = {
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  get columns() {
    return stdout.isTTY ? Math.max(stdout.columns, plainColumns) : plainColumns;
  },
  get interactive() {
    return stdout.isTTY && env.TERM !== 'dumb';
  },
};

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Colour = keyof typeof codes;
export type Paint = (colour: Colour, text: string) => string;

export function painter(terminal: Terminal): Paint {
  if (!terminal.interactive || (env.NO_COLOR ?? '') !== '') return (_colour, text) => text;
  return (colour, text) => `\u001B[${codes[colour]}m${text}\u001B[0m`;
}

/** Text from elsewhere, unable to move the cursor or to break a line. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?');
}

/** Lines that may hold text from elsewhere: nothing in them moves a terminal but our own colours. */
export function plainLines(text: string): string {
  return text.split('\n').map(plainButColours).join('\n');
}

function plainButColours(line: string): string {
  const parts = line.split(ourColour);
  return parts.map((part, at) => (at % 2 === 1 ? part : plain(part))).join('');
}

const ourColour = new RegExp(`(\u001B\\[(?:${[0, ...Object.values(codes)].join('|')})m)`);
