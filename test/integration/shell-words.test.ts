import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

import { test } from 'uvu';
import * as assert from 'uvu/assert';

import { commandNames, parseArguments } from '../../src/cli/arguments.js';
import { commands } from '../../src/cli/help-table.js';
import { needs } from '../support/needs.js';

const run = promisify(execFile);
const file = (name: string): string => resolve('config', name);

/** What other flags of a command do not go without. */
const neededBy: Readonly<Record<string, readonly string[]>> = {
  ...{ drain: ['main/a:1'], undrain: ['main/a:1'], check: ['--against'] },
};

test('what help, man page and completions name is what the program takes', () => {
  for (const name of commandNames) {
    for (const flag of commands[name].flags.flatMap(({ flags }) => flags)) {
      const value = flag.name === '--admin' ? 'localhost:1' : '1ms';
      const words = [
        name,
        ...(neededBy[name] ?? []),
        flag.name,
        ...(flag.value === undefined ? [] : [value]),
      ];
      assert.is(parseArguments(words).command, name, words.join(' '));
    }
  }
});

const completed: readonly (readonly [typed: string, offered: string])[] = [
  ['etcd-gateway st', 'start status'],
  ['etcd-gateway --v', '--version'],
  ['etcd-gateway status --j', '--json'],
  ['etcd-gateway start --discovery-srv', '--discovery-srv --discovery-srv-name'],
  ['etcd-gateway start --config package.js', 'package.json'],
  ['etcd-gateway check tsconf', 'tsconfig.json'],
  ['etcd-gateway start --listen-addr ', ''],
  ['etcd-gateway help re', 'reload'],
];

for (const [typed, offered] of completed) {
  needs(test, 'bash')(`bash completes "${typed}" with "${offered}"`, async () => {
    const words = typed.split(' ');
    const script = `source ${file('completions/etcd-gateway.bash')}
      compopt() { :; }
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _etcd_gateway; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await run('bash', ['-c', script, 'bash', ...words]);
    assert.is(stdout.trim(), offered);
  });
}

for (const [shell, name] of [
  ['zsh', '_etcd-gateway'],
  ['fish', 'etcd-gateway.fish'],
] as const) {
  needs(test, shell)(`${shell} reads its completions`, async () => {
    const { stderr } = await run(shell, ['-n', file(`completions/${name}`)]);
    assert.is(stderr, '');
  });
}

needs(test, 'fish')('fish completes a flag', async () => {
  const script = `source ${file('completions/etcd-gateway.fish')}; complete -C 'etcd-gateway status --j'`;
  const { stdout } = await run('fish', ['--no-config', '-c', script]);
  assert.match(stdout, /^--json\t/m);
});

needs(test, 'groff')('the man page is set without a warning', async () => {
  const flags = ['-man', '-ww', '-z', '-Tutf8', file('man/etcd-gateway.1')];
  const { stderr } = await run('groff', flags);
  assert.is(stderr, '');
});

test.run();
