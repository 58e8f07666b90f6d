import { commandNames, type CommandName } from './arguments.js';
import { commands, program, type CommandHelp, type FlagHelp } from './help-table.js';

const columns = 80;

/** The help of a command, or of the program; fits a screen of 80 by 24. */
export function helpText(topic: CommandName | undefined): string {
  return topic === undefined ? overview() : commandHelp(commands[topic]);
}

/** A flag with the placeholder of its value. */
export function flagCall({ name, value }: FlagHelp): string {
  return value === undefined ? name : `${name} ${value}`;
}

function overview(): string {
  const calls = commandNames.flatMap((name) => commands[name].overview);
  return joined([
    ...program.about.map((text) => wrap(text, '')),
    [`usage: ${program.name} COMMAND [FLAGS]`],
    table(calls),
    ...program.notes.map((text) => wrap(text, '')),
  ]);
}

function commandHelp({ usage, about, flags, notes }: CommandHelp): string {
  const longest = Math.max(...flags.flatMap((group) => group.flags.map(width)));
  const groups = flags.map(({ title, flags }) => [
    ...(title === '' ? [] : [title]),
    ...table(
      flags.map((flag) => [flagCall(flag), flag.what]),
      longest,
    ),
  ]);
  return joined([
    usage.flatMap((line) => wrap(`usage: ${line}`, ' '.repeat('usage: '.length))),
    ...paragraphs(about),
    ...groups,
    ...notes.map((text) => wrap(text, '')),
  ]);
}

/** An example stands directly under the sentence that introduces it. */
function paragraphs(about: readonly string[]): string[][] {
  const blocks: string[][] = [];
  for (const text of about) {
    const last = blocks.at(-1);
    const isExample = text.startsWith('  ');
    const continues = isExample || last?.at(-1)?.startsWith('  ') === true;
    const lines = isExample ? [text] : wrap(text, '');
    if (last !== undefined && continues) last.push(...lines);
    else blocks.push(lines);
  }
  return blocks;
}

function width(flag: FlagHelp): number {
  return flagCall(flag).length;
}

function table(rows: readonly (readonly [string, string])[], least = 0): string[] {
  const longest = Math.max(least, ...rows.map(([call]) => call.length));
  return rows.flatMap(([call, what]) => {
    const indent = ' '.repeat(longest + 5);
    return wrap(`  ${call.padEnd(longest)}   ${what}`, indent);
  });
}

/** Lines of at most 80 characters; all but the first are indented. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > columns) {
    const at = rest.lastIndexOf(' ', columns);
    lines.push(rest.slice(0, at).trimEnd());
    rest = indent + rest.slice(at + 1);
  }
  return [...lines, rest];
}

function joined(blocks: readonly (readonly string[])[]): string {
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}
