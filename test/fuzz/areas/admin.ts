import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import fc from 'fast-check';
import * as assert from 'uvu/assert';

import type { Address } from '../../../src/model/address.js';
import { ask, loopback, openAdmin, type RunningAdmin } from '../../support/admin-server.js';
import { freePort } from '../../support/ports.js';
import type { Scope } from '../../support/scope.js';
import type { FuzzArea } from '../area.js';
import { assertNoTrace } from '../clean.js';

const token = 'a-token-that-nobody-guesses';

/** What those may send who reach the admin server, over TCP and over its unix socket. */
export async function openAdminArea(scope: Scope): Promise<FuzzArea> {
  const folder = await scope.tempDir();
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, token);
  const overTcp = loopback(await freePort());
  const overUnix = { kind: 'unix', path: join(folder, 'admin.sock') } as const;
  const tcp = await openAdmin(scope, { listen: overTcp, tokenFile });
  const unix = await openAdmin(scope, { listen: overUnix });
  const check = async (input: Buffer): Promise<void> => {
    await checkAt(tcp, overTcp, input);
    await checkAt(unix, overUnix, input);
    assert.is(tcp.backend.reloads, 0, 'a reload over TCP without the token');
  };
  return { inputs: fc.oneof(requests, soup, fc.uint8Array({ maxLength: 300 })), check };
}

async function checkAt(admin: RunningAdmin, address: Address, input: Buffer): Promise<void> {
  const answer = await send(address, input);
  checkAnswer(answer);
  assert.is((await ask(address, '/livez')).status, 200);
  const trouble = admin.notices.filter(
    (event) => event.type === 'notice' && event.level !== 'info',
  );
  assert.equal(trouble, []);
}

const statuses = new Set(['200', '400', '401', '403', '404', '405', '413', '417', '421', '431']);

function checkAnswer(answer: string): void {
  if (answer !== '') assert.match(answer, /^HTTP\/1\.1 [1-5]\d\d /);
  assert.not.match(answer, token);
  assertNoTrace(answer);
  for (const [, status = ''] of answer.matchAll(/^HTTP\/1\.1 (\d+) /gm)) {
    assert.ok(statuses.has(status) || status === '100' || status === '503', `status ${status}`);
  }
}

/** Sends it all, then the end; gives what came back until the server has closed, which it must. */
function send(address: Address, input: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const where = address.kind === 'unix' ? { path: address.path } : { ...address };
    const socket = connect(where);
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => socket.destroy()); // it may close before it has read everything
    socket.on('close', () => resolve(answer));
    for (const piece of pieces(input)) socket.write(piece);
    socket.end();
  });
}

/** Inputs of odd length come in small pieces: the parser must join them. */
function pieces(input: Buffer): readonly Buffer[] {
  if (input.length % 2 === 0 || input.length > 2_000) return [input];
  const count = Math.ceil(input.length / 7);
  return Array.from({ length: count }, (_, nth) => input.subarray(nth * 7, nth * 7 + 7));
}

const methods = fc.constantFrom(
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PATCH', 'PRI', 'get'],
  ...['SUBSCRIBE', 'M-SEARCH', '', 'G E T', 'POST\u0000', 'X'.repeat(300)],
);
const paths = fc.constantFrom(
  ...[
    '/',
    '/livez',
    '/readyz',
    '/readyz/main',
    '/metrics',
    '/api/v1/state',
    '/api/v1/events',
    '/api/v1/reload',
  ],
  ...[
    '*',
    '',
    '//',
    '/../../etc/passwd',
    '/%00',
    '/api/v1/reload?x',
    '/api/v1/reload#',
    '/api/v1//reload',
  ],
  ...[
    'http://127.0.0.1/api/v1/reload',
    'h:1',
    '/\u001b[2J',
    '/__proto__',
    '/constructor',
    `/${'a'.repeat(9_000)}`,
  ],
);
const versions = fc.constantFrom(
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/9.9',
  '',
  'http/1.1',
);
const headers = fc.constantFrom(
  ...[
    'Host: 127.0.0.1',
    'Host: evil.test',
    'Host: [',
    'Host:',
    'Host: a, b',
    'Host: localhost\r\nHost: evil.test',
  ],
  ...[
    'Origin: http://evil.test',
    'Origin: null',
    'Sec-Fetch-Site: cross-site',
    'Sec-Fetch-Site: none',
  ],
  ...[
    'Authorization: Bearer',
    'Authorization: Bearer x',
    'Authorization: Basic Og==',
    'Authorization: \u00ff',
  ],
  ...[
    `Authorization: Bearer ${'x'.repeat(5_000)}`,
    'Authorization: Bearer a\r\nAuthorization: Bearer b',
  ],
  ...[
    'Content-Length: 0',
    'Content-Length: 5',
    'Content-Length: 5, 5',
    'Content-Length: -1',
    'Content-Length: +0',
  ],
  ...[
    'Content-Length: 99999999999999999999',
    'Content-Length: 0\r\nContent-Length: 9',
    'Content-Length : 4',
  ],
  ...[
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: chunked, chunked',
  ],
  ...[
    'Transfer-Encoding:\u000bchunked',
    'Transfer-Encoding: xchunked',
    ' folded: line',
    'X: \u0000',
    ': empty',
  ],
  ...[
    'Connection: close',
    'Connection: keep-alive, x',
    'Connection: upgrade\r\nUpgrade: websocket',
  ],
  ...[
    'Upgrade: h2c\r\nConnection: upgrade, HTTP2-Settings',
    'Expect: 100-continue',
    'Expect: x',
    'TE: trailers',
  ],
  ...[
    'Last-Event-ID: -1',
    'Last-Event-ID: 1e999',
    `X: ${'y'.repeat(9_000)}`,
    'X: a\nY: b',
    'Cookie: a=b',
  ],
);
const flood = fc.nat(300).map((count) => 'A: b\r\n'.repeat(count));
const bodies = fc.constantFrom(
  ...[
    '',
    'hello',
    '5\r\nhello\r\n0\r\n\r\n',
    '0\r\n\r\n',
    '5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n',
    'ffffffffffffffff1\r\n',
  ],
  ...[
    '-1\r\n',
    '5\nhello\n0\n\n',
    'POST /api/v1/reload HTTP/1.1\r\nHost: a\r\n\r\n',
    'x'.repeat(100_000),
  ],
);

const request = fc
  .tuple(methods, paths, versions, fc.array(headers, { maxLength: 5 }), flood, bodies)
  .map(([method, path, version, lines, more, body]) => {
    const head = lines.map((line) => `${line}\r\n`).join('');
    return `${method} ${path} ${version}\r\n${head}${more}\r\n${body}`;
  });

/** Requests behind each other on one connection. */
const requests = fc
  .array(request, { minLength: 1, maxLength: 4 })
  .map((all) => Buffer.from(all.join(''), 'latin1'));

const hello = Buffer.from('16030100c8010000c40303', 'hex').toString('latin1');
const words = fc.constantFrom(
  ...[
    'GET / HTTP/1.1\r\n',
    'POST /api/v1/reload HTTP/1.1\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    hello,
  ],
  ...[
    '\r\n',
    '\n',
    '\r',
    '\u0000',
    ' ',
    ':',
    'Host: a\r\n',
    'chunked',
    '0\r\n\r\n',
    '\u00ff\u00fe',
  ],
);
const soup = fc.array(words, { maxLength: 30 }).map((all) => Buffer.from(all.join(''), 'latin1'));
