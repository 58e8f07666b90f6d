import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseConfig } from '../../../src/config/parse.js';
import { formatProblem } from '../../../src/model/problem.js';

const test = suite('problems of a file');

/** `told`: the lines of the answer, without the file's name. */
function says(name: string, text: string, ...told: readonly string[]): void {
  test(name, () => assert.equal(problemsOf(text), told));
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseConfig(Buffer.from(text), 'f');
  if (parsed.kind === 'config') return [];
  return parsed.problems.map((problem) => formatProblem('f', problem).replace(/^f:/, ''));
}

/** A gateway that is right but for the lines that are added; they begin at line 5. */
function gateway(...lines: readonly string[]): string {
  const head = ['gateways:', '  main:', '    listen-addr: 127.0.0.1:1000', '    endpoints: [a:1]'];
  return [...head, ...lines.map((line) => `    ${line}`), ''].join('\n');
}

/** A right gateway with further sections, which begin at line 5. */
function file(...lines: readonly string[]): string {
  return gateway() + lines.map((line) => `${line}\n`).join('');
}

const wantedGateway = 'write gateways: { main: { listen-addr: …, endpoints: […] } }';

says('accepts a right one', gateway());
says('an empty file', '', '1:1: the file is empty (begin with gateways:)');
says('comments alone', '# a\n', '1:1: the file is empty (begin with gateways:)');
says(
  'a file of another kind',
  '- a\n',
  '1:1: the file is no mapping of keys to values (begin with gateways:)',
);
says('no gateways', 'log: {}\n', `1:1: gateways: the key is missing (${wantedGateway})`);
says(
  'an empty section',
  file('log:'),
  '5:5: log: the value is missing (write a mapping of keys to values, or remove the key)',
);
says(
  'no gateway at all',
  'gateways: {}\n',
  '1:11: gateways: nothing is in it (write a gateway, as main: { listen-addr: …, endpoints: […] })',
);
says(
  'a name that labels nothing well',
  'gateways:\n  "a b": { listen-addr: ":1", endpoints: [a:1] }\n',
  '2:3: gateways["a b"]: the name cannot be used (letters, digits, ".", "_" and "-", at most 63, a letter or digit first)',
);
says('a misspelt key', file('shutdwon: {}'), '5:1: shutdwon: unknown key (did you mean shutdown?)');
says(
  'a misspelt key, deep down',
  gateway('health-check: { typ: etcd }'),
  '5:21: gateways.main.health-check.typ: unknown key (did you mean type?)',
);
says(
  'a key that is like no other',
  file('log: { colour: red }'),
  '5:8: log.colour: unknown key (known here: level, format, sessions)',
);
says(
  'a key of a gateway outside of one',
  file('retry-delay: 1s'),
  '5:1: retry-delay: unknown key (write it under gateways, as gateways: { main: { retry-delay: … } })',
);
says(
  'a key with strange characters',
  file('"a\\t\\u202eb": 1'),
  '5:1: ["a\\t\\u{202e}b"]: unknown key (known here: gateways, dns, reload, shutdown, log, admin)',
);
says(
  'a key that stands twice',
  gateway('retry-delay: 1s', 'retry-delay: 2s'),
  '6:5: gateways.main.retry-delay: the key stands here a second time (write it once)',
);
says(
  'no listen-addr',
  'gateways:\n  main:\n    endpoints: [a:1]\n',
  '2:3: gateways.main.listen-addr: the key is missing (write listen-addr: 127.0.0.1:23790)',
);
says(
  'a tab after a key',
  'gateways:\n  main:\n    listen-addr:\t:1 # a\ttab\n',
  '3:17: a tab is no white space here (write spaces)',
);
says('a tab', 'gateways:\n\tmain: 1\n', '2:1: a tab is no white space here (write spaces)');
says(
  'an unknown tag',
  gateway('retry-delay: !secret x'),
  '5:18: not YAML: the tag is not known here (remove what begins with "!")',
);
says(
  'a merge key',
  gateway('<<: { retry-delay: 1s }'),
  '5:5: gateways.main["<<"]: unknown key (merge keys are not taken: write the keys themselves)',
);

says(
  'a duration without unit',
  gateway('retry-delay: 5'),
  '5:18: gateways.main.retry-delay: 5 has no unit (write 5s)',
);
says(
  'a duration in quotes without unit',
  gateway('retry-delay: "5"'),
  '5:18: gateways.main.retry-delay: "5" has no unit (write 5s)',
);
says(
  'a duration that is none',
  gateway('retry-delay: soon'),
  '5:18: gateways.main.retry-delay: "soon" is not a duration (write a duration with a unit, as 500ms, 10s or 1m30s)',
);
says(
  'a duration below its bound',
  gateway('retry-delay: 0s'),
  '5:18: gateways.main.retry-delay: 0s is too little (write 1ms or more)',
);
says(
  'a duration above its bound',
  file('dns: { timeout: 2m }'),
  '5:17: dns.timeout: 2m is too much (write 1m or less)',
);
says(
  'a duration that is a list',
  gateway('retry-delay: [1s]'),
  '5:18: gateways.main.retry-delay: a list is not a duration (write a duration, as 10s)',
);
says(
  'a number below its bound',
  gateway('max-sessions: -1'),
  '5:19: gateways.main.max-sessions: -1 is too little (write 0 or more)',
);
says(
  'a number with a fraction',
  gateway('max-sessions: 1.5'),
  '5:19: gateways.main.max-sessions: 1.5 is not a whole number (write a whole number, as 1)',
);
says(
  'a number above its bound',
  gateway('health-check: { fall: 101 }'),
  '5:27: gateways.main.health-check.fall: 101 is too much (write 100 or less)',
);
says(
  'a rate of nothing',
  gateway('rebalance: { max-per-second: 0 }'),
  '5:34: gateways.main.rebalance.max-per-second: 0 is too little (write more than 0)',
);
says(
  'a word that is not in the list',
  gateway('balancer: rr'),
  '5:15: gateways.main.balancer: "rr" is not known here (write round-robin, least-sessions or random-two)',
);
says(
  'a yes',
  gateway('insecure-discovery: yes', 'discovery-srv: example.com'),
  '5:25: gateways.main.insecure-discovery: "yes" is not true or false (write true)',
);
says(
  'an off',
  file('reload: { watch: off }'),
  '5:18: reload.watch: "off" is not true or false (write false)',
);
says(
  'a number in quotes',
  gateway("max-sessions: '10'"),
  '5:19: gateways.main.max-sessions: "10" is not a whole number (write 10, without quotes)',
);
says(
  'a percentage without its sign',
  gateway('rebalance: { tolerance: 12 }'),
  '5:29: gateways.main.rebalance.tolerance: 12 is not a percentage (write 12%)',
);
says(
  'an off for a duration that may be zero',
  gateway('first-byte-timeout: off'),
  '5:25: gateways.main.first-byte-timeout: "off" is not a duration (write 0s)',
);
says(
  'a text where keys belong',
  file('log: debug'),
  '5:6: log: "debug" is not a mapping of keys to values (write log: { level: debug })',
);
for (const [line, told] of [
  [
    'admin: Off',
    '5:8: admin: "Off" is not a mapping of keys to values (write admin: { listen-addr: off })',
  ],
  [
    'admin: false',
    '5:8: admin: false is not a mapping of keys to values (write admin: { listen-addr: off })',
  ],
  [
    'admin: 127.0.0.1:9',
    '5:8: admin: "127.0.0.1:9" is not a mapping of keys to values (write admin: { listen-addr: 127.0.0.1:9 })',
  ],
  ['admin: { listen-addr: Off }', '5:23: admin.listen-addr: "Off" is not an address (write off)'],
  ['admin: { listen-addr: false }', '5:23: admin.listen-addr: false is not an address (write off)'],
  [
    'admin: { listen-addr: 24792 }',
    '5:23: admin.listen-addr: 24792 is not an address (write 127.0.0.1:24792)',
  ],
  [
    'reload: Off',
    '5:9: reload: "Off" is not a mapping of keys to values (write reload: { watch: false })',
  ],
  [
    'dns: 10.0.0.53:53',
    '5:6: dns: "10.0.0.53:53" is not a mapping of keys to values (write dns: { servers: [10.0.0.53:53] })',
  ],
  [
    'shutdown: 30s',
    '5:11: shutdown: "30s" is not a mapping of keys to values (write shutdown: { drain-timeout: 30s })',
  ],
  ['log: off', '5:6: log: "off" is not a mapping of keys to values (leave the key out)'],
  [
    'dns: { servers: "10.0.0.1:53,10.0.0.2:53" }',
    '5:17: dns.servers: "10.0.0.1:53,10.0.0.2:53" is not a list (write ["10.0.0.1:53", "10.0.0.2:53"])',
  ],
] as const) {
  says(`another form than the right one, ${line}`, file(line), told);
}
for (const [line, told] of [
  [
    'health-check: off',
    '5:19: gateways.main.health-check: "off" is not a mapping of keys to values (write health-check: { type: none })',
  ],
  [
    'health-check: etcd',
    '5:19: gateways.main.health-check: "etcd" is not a mapping of keys to values (write health-check: { type: etcd })',
  ],
  [
    'rebalance: no',
    '5:16: gateways.main.rebalance: "no" is not a mapping of keys to values (leave the key out)',
  ],
  ['idle-timeout: false', '5:19: gateways.main.idle-timeout: false is not a duration (write 0s)'],
  [
    'insecure-discovery: "true"',
    '5:25: gateways.main.insecure-discovery: "true" is not true or false (write true)',
  ],
  [
    'deny: "10.0.0.0/8 192.0.2.7"',
    '5:11: gateways.main.deny: "10.0.0.0/8 192.0.2.7" is not a list (write ["10.0.0.0/8", "192.0.2.7"])',
  ],
  [
    'allow: ["*"]',
    '5:13: gateways.main.allow[0]: "*" is not an IP address or CIDR block (write 0.0.0.0/0 and ::/0)',
  ],
] as const) {
  says(`another form than the right one, ${line}`, gateway(line), told);
}
says(
  'a home directory',
  file('admin: { token-file: ~/token }'),
  '5:22: admin.token-file: "~/token" begins with "~" ("~" is not expanded: write the whole path)',
);
says(
  'the schema as editors of JSON have it',
  file('"$schema": x'),
  '5:1: ["$schema"]: unknown key (remove it: # yaml-language-server: $schema=… works)',
);
for (const [line, told] of [
  [
    'admin: hunter2',
    '5:8: admin: a text is not a mapping of keys to values (write its keys below it, as listen-addr: …)',
  ],
  [
    'dns: { servers: "hunter2" }',
    '5:17: dns.servers: a text is not a list (write a list, as [a, b])',
  ],
  [
    'log: 4711',
    '5:6: log: a number is not a mapping of keys to values (write its keys below it, as level: …)',
  ],
  [
    'admin: { token-file: "a\\nb" }',
    '5:22: admin.token-file: this is no path (write the path of a file, not what is in it)',
  ],
  [
    'log: { level: "a\\nb" }',
    '5:15: log.level: "…" is not known here (write error, warn, info or debug)',
  ],
  [
    'log: { level: *hunter2 }',
    '5:15: a text that begins with "*" is an alias, and this one has no anchor before it (write the value itself, in quotes if it begins with "*")',
  ],
  [
    '"a:hunter2@h": 1',
    '5:1: ["…@h"]: unknown key (known here: gateways, dns, reload, shutdown, log, admin)',
  ],
  [
    'log: { level: "\\hunter2" }',
    '5:16: not YAML: a backslash in double quotes begins no known escape (use single quotes)',
  ],
  [
    'log: [a] hunter2',
    '5:10: not YAML: there is something that belongs elsewhere (look for a quote, bracket, colon or space that is missing here or above)',
  ],
  ['log: !hunter2 x', '5:6: not YAML: the tag is not known here (remove what begins with "!")'],
] as const) {
  says(`nothing of what may be a secret, ${line}`, file(line), told);
}

const expanded = 'variables are not expanded: write the value itself';
for (const [name, text, ...told] of [
  [
    'endpoint',
    '[a:1, "${ETCD_HOST}:2379"]',
    '4:22: gateways.main.endpoints[1]: "${ETCD_HOST}:2379" has a variable in it',
  ],
  ['endpoint without quotes', '[a:1, ${ETCD_HOST}:2379]', '4:23: a variable stands here'],
  [
    'command',
    '[$(hostname):2379]',
    '4:17: gateways.main.endpoints[0]: "$(hostname):2379" has a variable in it',
  ],
  ['list', '${ENDPOINTS}', '4:16: gateways.main.endpoints: "${ENDPOINTS}" has a variable in it'],
  ['list of a template', '{{ endpoints }}', '4:17: a variable stands here'],
  [
    'list of a template in quotes',
    '"{{ endpoints }}"',
    '4:16: gateways.main.endpoints: "{{ endpoints }}" has a variable in it',
  ],
  ['loop of a template', '\n{% for e in all %}\n  - {{ e }}:1', '5:2: a variable stands here'],
] as const) {
  const lines = ['gateways:', '  main:', '    listen-addr: ":1"', `    endpoints: ${text}`, ''];
  says(`a variable, ${name}`, lines.join('\n'), ...told.map((line) => `${line} (${expanded})`));
}
for (const [line, told] of [
  ['max-sessions: $MAX', '5:19: gateways.main.max-sessions: "$MAX" has a variable in it'],
  [
    'trusted-ca-file: ${HOME}/ca.pem',
    '5:22: gateways.main.trusted-ca-file: "${HOME}/ca.pem" has a variable in it',
  ],
  ['"{{ key }}": 1', '5:5: gateways.main["{{ key }}"]: "{{ key }}" has a variable in it'],
  [
    'discovery-srv: ${DOMAIN}',
    '5:20: gateways.main.discovery-srv: "${DOMAIN}" has a variable in it',
  ],
] as const) {
  says(`a variable, ${line}`, gateway(line), `${told} (${expanded})`);
}

const list = 'gateways:\n  main:\n    listen-addr: ":1"\n    endpoints: ';
says(
  'a list as a flag has it',
  `${list}"a:2379,b:2379"\n`,
  '4:16: gateways.main.endpoints: "a:2379,b:2379" is not a list (write ["a:2379", "b:2379"])',
);
says(
  'a list of URLs as a flag has it',
  `${list}https://a:2379, https://b:2379\n`,
  '4:16: gateways.main.endpoints: "https://a:2379, https://b:2379" is not a list (write ["a:2379", "b:2379"])',
);
says(
  'an entry that is several',
  `${list}["a:2379,b:2379"]\n`,
  '4:17: gateways.main.endpoints[0]: "a:2379,b:2379" is several addresses (write each by itself: a:2379, b:2379)',
);
says(
  'listeners in one text',
  'gateways: { main: { listen-addr: "127.0.0.1:1, :2", endpoints: [a:1] } }\n',
  '1:34: gateways.main.listen-addr: "127.0.0.1:1, :2" is several addresses (write each by itself: 127.0.0.1:1, :2)',
);
says(
  'a star for all interfaces',
  'gateways: { main: { listen-addr: "*:23790", endpoints: [a:1] } }\n',
  '1:34: gateways.main.listen-addr: "*" is not a host: all interfaces are an empty one (write :23790)',
);
says(
  'a star for all interfaces, without quotes',
  'gateways:\n  main:\n    listen-addr: *:23790\n    endpoints: [a:1]\n',
  '3:18: a text that begins with "*" is an alias, and this one has no anchor before it (write ":23790" for all interfaces)',
);
says(
  'a path for a socket',
  'gateways: { main: { listen-addr: /run/x.sock, endpoints: [a:1] } }\n',
  '1:34: gateways.main.listen-addr: "/run/x.sock" is a path (write unix:/run/x.sock)',
);
says(
  'a number for a listener',
  'gateways: { main: { listen-addr: 24000, endpoints: [a:1] } }\n',
  '1:34: gateways.main.listen-addr: 24000 is not an address (write 127.0.0.1:24000)',
);

const noSpace = (name: string): string =>
  `the character ${name} is no white space here (write spaces)`;
for (const [where, text, place, name] of [
  ['as indentation', 'gateways:\n\u00a0\u00a0main: {}\n', '2:1', 'no-break space (U+00A0)'],
  [
    'as part of it',
    'gateways:\n  main:\n  \u00a0listen-addr: ":1"\n',
    '3:3',
    'no-break space (U+00A0)',
  ],
  ['after a key', 'gateways:\u3000{}\n', '1:10', 'ideographic space (U+3000)'],
  ['before a value', 'gateways: \u202f1\n', '1:11', 'narrow no-break space (U+202F)'],
  ['after a dash', 'a:\n  -\u00a0b\n', '2:4', 'no-break space (U+00A0)'],
  ['after a value', 'log: { level: info\u200b }\n', '1:19', 'zero-width space (U+200B)'],
  ['on a line of its own', 'log: {}\n\u00a0\n', '2:1', 'no-break space (U+00A0)'],
] as const) {
  says(`a space that is none ${where}`, text, `${place}: ${noSpace(name)}`);
}
says('such spaces in comments', gateway('# a\u00a0\u00a0b'));

const json = JSON.stringify(
  { gateways: { main: { 'listen-addr': ':1', endpoints: ['a:1'], 'retry-delay': '\t' } } },
  null,
  '\t',
);
says(
  'JSON with tabs, in the place where they stand',
  json.replace('\\t', 'a\t'),
  '8:19: gateways.main.retry-delay: "a\\t" is not a duration (write a duration with a unit, as 500ms, 10s or 1m30s)',
);
says('JSON with tabs', json.replace('\\t', '1s').replaceAll(' ', '\t'));

says(
  'a gateway of which nothing is written, once',
  'gateways:\n  main:\n',
  '2:8: gateways.main: the value is missing (write a mapping of keys to values, or remove the key)',
);
says(
  'a listener and a DNS server without port, with their own usual ones',
  'gateways: { main: { listen-addr: "[::1]", endpoints: [a:1] } }\ndns: { servers: [a.example] }\n',
  '1:34: gateways.main.listen-addr: "[::1]" has no port (write [::1]:23790)',
  '2:18: dns.servers[0]: "a.example" has no port (write a.example:53)',
);
says(
  'a mode without quotes',
  gateway('listen-mode: 0660'),
  '5:18: gateways.main.listen-mode: 660 is not a file mode (write it in quotes, as "0660")',
);
says(
  'a mode that is none',
  gateway('listen-mode: "0999"'),
  '5:18: gateways.main.listen-mode: "0999" is not a file mode (write three octal digits, as "0660")',
);
says(
  'a percentage that is none',
  gateway('rebalance: { tolerance: "0.2" }'),
  '5:29: gateways.main.rebalance.tolerance: "0.2" is not a percentage (write 0% to 100%)',
);
says(
  'an address that is none, in CIDR',
  gateway('allow: [10.0.0.0/8, 10.0.0.0/33, x]'),
  '5:25: gateways.main.allow[1]: "33" is not a prefix length (write a number from 0 to 32 after the slash)',
  '5:38: gateways.main.allow[2]: "x" is not an IP address or CIDR block (write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32)',
);
says(
  'an address alone where a list belongs',
  gateway('deny: 10.0.0.1'),
  '5:11: gateways.main.deny: "10.0.0.1" is not a list (write ["10.0.0.1"])',
);
says(
  'a domain that is none',
  gateway('discovery-srv: "a b"'),
  '5:20: gateways.main.discovery-srv: "a b" is not a domain (write it as example.com)',
);
says(
  'a DNS server without port',
  file('dns: { servers: [10.0.0.53, dns.example.com:53] }'),
  '5:18: dns.servers[0]: "10.0.0.53" has no port (write 10.0.0.53:53)',
  '5:29: dns.servers[1]: "dns.example.com:53" is not an IP address and port (write it as 10.0.0.53:53)',
);
says(
  'an endpoint with a scheme',
  'gateways:\n  main:\n    listen-addr: ":1"\n    endpoints:\n      - https://h:2379\n',
  '5:9: gateways.main.endpoints[0]: "https://h:2379" has a scheme (write h:2379)',
);
says(
  'endpoints of every wrong kind',
  'gateways:\n  main:\n    listen-addr: ":1"\n    endpoints: [2379, null, [], { weight: 1 }, { addr: h }]\n',
  '4:17: gateways.main.endpoints[0]: 2379 is not an address (write host:2379)',
  '4:23: gateways.main.endpoints[1]: the value is missing (write an address, as host:2379, or remove the key)',
  '4:29: gateways.main.endpoints[2]: a list is not an address (write an address, as host:2379)',
  '4:33: gateways.main.endpoints[3].addr: the key is missing (write addr: host:port)',
  '4:56: gateways.main.endpoints[4].addr: "h" has no port (write h:2379)',
);
says(
  'a list of no listeners',
  'gateways: { main: { listen-addr: [], endpoints: [a:1] } }\n',
  '1:34: gateways.main.listen-addr: nothing is in it (write an address, as 127.0.0.1:23790)',
);

says(
  'a misspelt key before the key that is missing because of it',
  'gateways:\n  main:\n    listen-adr: ":1"\n    endpiont: [a:1]\n',
  '3:5: gateways.main.listen-adr: unknown key (did you mean listen-addr?)',
  '4:5: gateways.main.endpiont: unknown key (did you mean endpoints?)',
  '2:3: gateways.main.listen-addr: the key is missing (write listen-addr: 127.0.0.1:23790)',
  '2:3: gateways.main: there is no endpoint (write endpoints: [host:2379] or discovery-srv: example.com)',
);
says(
  'a misspelt top key before the one that is missing',
  'gateway: {}\n',
  '1:1: gateway: unknown key (did you mean gateways?)',
  `1:1: gateways: the key is missing (${wantedGateway})`,
);
says(
  'a misspelt half of a pair before the other half',
  gateway('member-discovery: { username: a, pasword-file: /p }'),
  '5:38: gateways.main.member-discovery.pasword-file: unknown key (did you mean password-file?)',
  '5:25: gateways.main.member-discovery.username: it does nothing without password-file (write password-file beside it)',
);

const other = '  two: { listen-addr: "127.0.0.1:1000", endpoints: [b:1] }';
says(
  'two gateways on one address',
  file(other),
  '5:23: gateways.two.listen-addr: 127.0.0.1:1000 is taken by gateways.main.listen-addr (write another address or port)',
);
says(
  'two gateways on one port, one of them on all interfaces',
  file(other.replace('127.0.0.1', '')),
  '5:23: gateways.two.listen-addr: :1000 is taken by gateways.main.listen-addr, which is 127.0.0.1:1000 (write another address or port)',
);
for (const [host, shown] of [
  ['localhost', 'localhost'],
  ['LOCALHOST.', 'localhost.'],
  ['[::ffff:127.0.0.1]', '[::ffff:127.0.0.1]'],
] as const) {
  says(
    `two gateways on one address, once as ${host}`,
    file(other.replace('127.0.0.1', host)),
    `5:23: gateways.two.listen-addr: ${shown}:1000 is taken by gateways.main.listen-addr, which is 127.0.0.1:1000 (write another address or port)`,
  );
}
says(
  'a listener at the other address of localhost',
  file(other.replace('127.0.0.1', '[::1]')).replace('127.0.0.1', 'localhost'),
  '5:23: gateways.two.listen-addr: [::1]:1000 is taken by gateways.main.listen-addr, which is localhost:1000 (write another address or port)',
);
says(
  'an endpoint at the other address of localhost',
  'gateways: { main: { listen-addr: "localhost:2379", endpoints: ["[::1]:2379"] } }\n',
  '1:64: gateways.main.endpoints[0]: [::1]:2379 is a listener of this file, gateways.main.listen-addr (write the address of an etcd member)',
);
says(
  'one gateway twice on one socket',
  'gateways: { main: { listen-addr: ["unix:/a", "unix:/./a"], endpoints: [a:1] } }\n',
  '1:46: gateways.main.listen-addr[1]: unix:/a is taken by gateways.main.listen-addr[0] (write another address or port)',
);
says(
  'an endpoint that is listed twice',
  'gateways:\n  main:\n    listen-addr: ":1"\n    endpoints: [a:1, { addr: "A:1" }]\n',
  '4:30: gateways.main.endpoints[1].addr: a:1 is listed already, as gateways.main.endpoints[0] (remove one)',
);
says(
  'an endpoint that is listed again with a final dot',
  'gateways:\n  main:\n    listen-addr: ":1"\n    endpoints: [a:1, a.:1]\n',
  '4:22: gateways.main.endpoints[1]: a.:1 is listed already, as gateways.main.endpoints[0] (remove one)',
);
says(
  'a listener that is there with a final dot',
  file(other).replaceAll('127.0.0.1', 'a.test').replace('a.test', 'a.test.'),
  '5:23: gateways.two.listen-addr: a.test:1000 is taken by gateways.main.listen-addr, which is a.test.:1000 (write another address or port)',
);
says(
  'an endpoint that is a listener',
  'gateways:\n  main:\n    listen-addr: ":2379"\n    endpoints: [localhost:2379]\n',
  '4:17: gateways.main.endpoints[0]: localhost:2379 is a listener of this file, gateways.main.listen-addr (write the address of an etcd member)',
);
says(
  'nothing of a listener where the admin server listens by default',
  'gateways: { main: { listen-addr: ":23791", endpoints: [a:1] } }\n',
);
says(
  'a listener where the admin server was told to listen',
  'gateways: { main: { listen-addr: ":23791", endpoints: [a:1] } }\nadmin: { listen-addr: 127.0.0.1:23791 }\n',
  '2:23: admin.listen-addr: 127.0.0.1:23791 is taken by gateways.main.listen-addr, which is :23791 (write another address or port)',
);
for (const [endpoint, admin] of [
  ['127.0.0.1:23791', ''],
  ['localhost:23791', ''],
  ['127.0.0.1:9', 'admin: { listen-addr: "localhost:9" }'],
  ['"[::ffff:127.0.0.1]:9"', 'admin: { listen-addr: ":9", token-file: /t }'],
  ['unix:/a', 'admin: { listen-addr: unix:/a }'],
] as const) {
  says(
    `an endpoint that is the admin server, ${endpoint}`,
    `gateways: { main: { listen-addr: ":1", endpoints: [b:1, ${endpoint}] } }\n${admin}\n`,
    `1:57: gateways.main.endpoints[1]: ${endpoint.replaceAll('"', '')} is where the admin server listens (write the address of an etcd member)`,
  );
}
says(
  'nothing of such an endpoint where there is no admin server',
  'gateways: { main: { listen-addr: ":1", endpoints: [127.0.0.1:23791] } }\nadmin: { listen-addr: off }\n',
);
says(
  'an admin server where a gateway listens',
  file('admin: { listen-addr: 127.0.0.1:1000 }'),
  '5:23: admin.listen-addr: 127.0.0.1:1000 is taken by gateways.main.listen-addr (write another address or port)',
);
says(
  'an admin server that is open to all',
  file('admin: { listen-addr: ":9000" }'),
  '5:23: admin.listen-addr: :9000 can be reached from other machines and asks for no token (write token-file beside it, or listen on 127.0.0.1)',
);
says(
  'no endpoint',
  'gateways:\n  main:\n    listen-addr: ":1"\n    endpoints: []\n',
  '2:3: gateways.main: there is no endpoint (write endpoints: [host:2379] or discovery-srv: example.com)',
);
says(
  'members that nobody can be asked for',
  'gateways:\n  main:\n    listen-addr: ":1"\n    member-discovery: {}\n',
  '4:5: gateways.main.member-discovery: there is no endpoint to ask (write endpoints or discovery-srv beside it)',
);
says(
  'a user without password',
  gateway('member-discovery: { username: a }'),
  '5:25: gateways.main.member-discovery.username: it does nothing without password-file (write password-file beside it)',
);
says(
  'a key without certificate',
  gateway('health-check: { type: tls, tls: { key-file: /k } }'),
  '5:39: gateways.main.health-check.tls.key-file: it does nothing without cert-file (write cert-file beside it)',
);
says(
  'a check that outlasts its interval',
  gateway('health-check: { timeout: 10s }'),
  '5:30: gateways.main.health-check.timeout: 10s is above interval (write 5s or less)',
);
says(
  'a least TTL above the greatest',
  file('dns: { min-ttl: 10s, max-ttl: 5s }'),
  '5:17: dns.min-ttl: 10s is above max-ttl (write 5s or less)',
);
says(
  'a greatest TTL below the default of the least',
  file('dns: { max-ttl: 2s }'),
  '5:17: dns.max-ttl: 2s is below min-ttl (write 5s or more)',
);
says(
  'everything at once, in the order of the file',
  gateway('retry-delay: 5', 'balancer: rr', 'max-session: 1') + 'dns: { max-ttl: 2s }\n',
  '5:18: gateways.main.retry-delay: 5 has no unit (write 5s)',
  '6:15: gateways.main.balancer: "rr" is not known here (write round-robin, least-sessions or random-two)',
  '7:5: gateways.main.max-session: unknown key (did you mean max-sessions?)',
  '8:17: dns.max-ttl: 2s is below min-ttl (write 5s or more)',
);
says(
  'a mistake behind an alias, where it was written',
  gateway('connect-timeout: &t 5', 'retry-delay: *t'),
  '5:25: gateways.main.retry-delay: 5 has no unit (write 5s)',
  '5:25: gateways.main.connect-timeout: 5 has no unit (write 5s)',
);

test('shows twenty at most, and tells how many there are', () => {
  const lines = Array.from({ length: 50 }, (_, at) => `k${at}: 1`);
  const parsed = parseConfig(Buffer.from(file(...lines)), 'f');
  if (parsed.kind === 'config') throw new Error('it was accepted');
  assert.is(parsed.problems.length, 20);
  assert.is(parsed.omitted, 30);
  assert.is(parsed.problems[19]?.line, 24);
});

test('counts lines and columns the same with CRLF and a byte order mark', () => {
  const text = gateway('retry-delay: 5');
  const windows = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
  assert.equal(problemsOf(windows), problemsOf(text));
});

test('hands on what may be seen of the refused text', () => {
  const parsed = parseConfig(Buffer.from('a: 1\n'), 'some/file');
  assert.ok(
    parsed.kind === 'invalid' && parsed.text === 'a: (hidden)\n' && parsed.file === 'some/file',
  );
});

test.run();
