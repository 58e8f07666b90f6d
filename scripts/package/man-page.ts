import { commandNames } from '../../src/cli/arguments.js';
import { flagCall } from '../../src/cli/help.js';
import { commands, program, type CommandHelp, type FlagHelp } from '../../src/cli/help-table.js';

/** etcd-gateway(1) in the macros of man(7), said by what `--help` says. */
export function manPage(version: string): string {
  return [
    `.TH ETCD-GATEWAY 1 "" "etcd-gateway ${version}" "User Commands"`,
    '.SH NAME',
    escape(`${program.name} - ${program.what}`),
    '.SH SYNOPSIS',
    ...commandNames
      .flatMap((name) => commands[name].usage)
      .flatMap((line) => ['.nf', bold(line), '.fi']),
    '.SH DESCRIPTION',
    ...program.notes.slice(0, 1).map(escape),
    ...commandNames.flatMap((name) => [`.SH ${name.toUpperCase()}`, ...command(commands[name])]),
    '.SH EXIT STATUS',
    '.TP\n0\nsuccess\n.TP\n1\nfailure\n.TP\n2\nwrong usage\n.TP\n78\nbad configuration',
    '.SH FILES',
    '.TP\n.I /etc/etcd-gateway.yaml',
    'the configuration; its keys are in the README and in the output of',
    '.B etcd-gateway schema',
    '.SH SEE ALSO',
    '.BR etcd (1),',
    '.BR etcdctl (1),',
    '.BR systemd.service (5)',
    '',
  ].join('\n');
}

function command({ about, flags, notes }: CommandHelp): string[] {
  const options = flags.flatMap(({ title, flags }) => [
    ...(title === '' ? [] : ['.PP', escape(title)]),
    ...flags.flatMap(option),
  ]);
  return [...paragraphs(about), ...options, ...paragraphs(notes)];
}

function option(flag: FlagHelp): string[] {
  return ['.TP', bold(flagCall(flag)), escape(flag.what)];
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text) =>
    text.startsWith('  ') ? ['.IP', escape(text.trim())] : ['.PP', escape(text)],
  );
}

function bold(text: string): string {
  return `\\fB${escape(text)}\\fR`;
}

/** Backslashes, hyphens that must be typed, and dots that would begin a request. */
function escape(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/, '\\&$1');
}
