import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const coloured = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const startedMs = performance.now();
let steps = 0;

/** The story, a numbered step at a time, with the seconds since the beginning. */
export function step(text: string): void {
  const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`.padStart(7);
  console.log(`\n${paint('dim', seconds)}  ${paint('bold', `${++steps}. ${text}`)}`);
}

export function say(text: string): void {
  console.log(text.replace(/^/gm, '         '));
}

/** Something that the gateway itself has logged. */
export function quote(text: string): void {
  say(paint('cyan', text.replace(/^/gm, 'gateway | ')));
}

export function verdict(good: boolean, text: string): void {
  say(good ? paint('green', text) : paint('red', text));
}

function paint(style: Style, text: string): string {
  return coloured ? styleText(style, text) : text;
}
