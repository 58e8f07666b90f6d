import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const coloured = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const startedMs = performance.now();
let steps = 0;
// Told by the next line that is to be written: what was started is then closed in order.
process.stdout.on('error', () => undefined);

/** The story, a numbered step at a time, with the seconds since the beginning. */
export function step(text: string): void {
  const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`.padStart(7);
  write(`\n${paint('dim', seconds)}  ${paint('bold', `${++steps}. ${text}`)}`);
}

export function say(text: string): void {
  write(text.replace(/^/gm, '         '));
}

/** Something that the gateway itself has logged. */
export function quote(text: string): void {
  say(paint('cyan', text.replace(/^/gm, 'gateway | ')));
}

export function verdict(good: boolean, text: string): void {
  say(good ? paint('green', text) : paint('red', text));
}

/** @throws what became of an earlier line, such as EPIPE. */
function write(text: string): void {
  if (process.stdout.errored !== null) throw process.stdout.errored;
  console.log(text);
}

function paint(style: Style, text: string): string {
  return coloured ? styleText(style, text) : text;
}
