import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseConfig } from '../../../src/config/parse.js';

const test = suite('what is shown of a refused file');

const secret = '4711';
/** A second mistake, so that the file is refused. */
const head = 'strange: 1\ngateways:\n  main:\n    listen-addr: ":1"\n    endpoints:\n      - a:1\n';

function shown(text: string): string {
  const parsed = parseConfig(Buffer.from(text), 'f');
  if (parsed.kind === 'config') throw new Error('it was accepted');
  const told = parsed.problems.map(({ path, what, hint }) => `${path} ${what} ${hint}`);
  assert.is(parsed.text.split('\n').length, text.split('\n').length);
  assert.not.match(told.join('\n'), secret);
  return parsed.text;
}

const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`;

const hidden: Readonly<Record<string, string>> = {
  'an unknown key': `passphrase: ${secret}\n`,
  'an unknown key in quotes': `"authorization": "Bearer ${secret}"\n`,
  'a value on the next line': `password:\n  ${secret}\n`,
  'a list': `keys:\n  - ${secret}\n  - [${secret}]\n`,
  'a mapping': `auth: { user: ${secret}, ${secret}: 1 }\n`,
  'a block scalar': `key: |\n  ${secret}\n  ${secret}\n`,
  'a folded block scalar': `key: >-\n  ${secret}\n`,
  'a PEM key for a path': `admin:\n  token-file: |\n    ${pem.replaceAll('\n', '\n    ')}\n`,
  'a PEM key in quotes': `admin:\n  token-file: "${pem.replaceAll('\n', '\\n')}"\n`,
  'a text in place of a path': `admin:\n  token-file: ${secret}\n`,
  'a PEM key for a path, on lines below': `admin:\n  token-file:\n    ${pem.replaceAll('\n', '\n    ')}\n`,
  'a PEM key in one line': `admin:\n  token-file: "${pem.replaceAll('\n', ' ')}"\n`,
  'a long token for a path': `admin:\n  token-file: x${secret.repeat(100)}\n`,
  'a list for a path': `admin:\n  token-file: [${secret}]\n`,
  'a number for a path': `admin:\n  token-file: 4711\n`,
  'a text where keys belong': `admin: ${secret}\n`,
  'a text where a list belongs': `dns:\n  servers: ${secret}\n`,
  'keys where a text belongs': `log:\n  level: { a: ${secret} }\n`,
  'a comment': `log: {} # ${secret}\n# ${secret}\n`,
  'an anchor': `log: &${secret} { level: info }\n`,
  'an alias': `log: *${secret}\n`,
  'a tag': `log: !${secret} { level: info }\n`,
  'a user in a URL': `      - http://root:${secret}@h:1\n`,
  'a user in a URL, with escapes': `      - "http://root:${secret}\\x40h:1"\n`,
  'a user in a URL, in a list': `      - [root:${secret}@h:1]\n`,
  'a password with an @ and a slash': `      - http://root:${secret}@/@h:1\n`,
  'a key that is a URL': `http://root:${secret}@h: 1\n`,
  'a second document': `---\npassword: ${secret}\n`,
  'a directive': `%${secret}\n`,
  'a bad escape': `password: "\\${secret}"\n`,
  'a key twice': `log: {}\nlog: ${secret}\n`,
  'a colon too many': `password: ${secret}: x\n`,
  'no colon': `password ${secret}\n`,
  'a bracket that is not closed': `password: [${secret}\n`,
  'a quote that is not closed': `password: "${secret}\n`,
  'something behind a quote': `password: "x" ${secret}\n`,
  'a tab': `\tpassword: ${secret}\n`,
  'bytes that are no text': `password: ${secret}\0\n`,
  'a variable': `password: \${${secret}}\n`,
};

for (const [name, text] of Object.entries(hidden)) {
  test(`hides ${name}`, () => assert.not.match(shown(head + text), secret));
}

test('hides values of known keys that have lines of their own', () => {
  assert.not.match(shown(`${head}log:\n  level: >-\n    other\n`), 'other');
  assert.not.match(shown(`${head}log:\n  level: a\n    other\n`), 'other');
});

test('hides a file that is no configuration', () => {
  assert.not.match(shown(pem), secret);
  assert.not.match(shown(`machine h login root password ${secret}\n`), secret);
  assert.not.match(shown(JSON.stringify({ password: secret }, null, '\t')), secret);
});

test('shows known keys and their values, where they stand', () => {
  const text = `${head}      - { addr: "h:2379", weight: 2 }\n    retry-delay: soon # x\nadmin: { token-file: /t }\n`;
  assert.is(
    shown(text),
    text.replace('strange: 1', 'strange: (hidden)').replace('# x', '(hidden)'),
  );
});

test('shows known keys alone of what is no YAML', () => {
  const told = shown('log: { level: info\ngateways: { main: { "endpoints": [a:1] } }\n');
  assert.is(told, 'log: { level: (hidden)\ngateways: { (hidden): { "endpoints": [(hidden)] } }\n');
});

test.run();
