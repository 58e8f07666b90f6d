import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';

import fc from 'fast-check';
import * as assert from 'uvu/assert';

import { explainFailure } from '../../../src/etcd/explain.js';
import { systemClock } from '../../../src/model/clock.js';
import { endpointKey } from '../../../src/model/endpoint.js';
import { MemberClient } from '../../../src/sources/members-client.js';
import { chooseEndpoints } from '../../../src/sources/members-choice.js';
import type { MemberList } from '../../../src/sources/members-answer.js';
import { endpointAt } from '../../support/member-source.js';
import type { Scope } from '../../support/scope.js';
import type { FuzzArea } from '../area.js';
import { assertCleanLine } from '../clean.js';

const settings = { intervalMs: 1_000, tls: undefined, username: 'root', passwordFile: undefined };
const terms = { scheme: 'http', seeds: [endpointAt('10.0.0.1:2379')] } as const;
const longestMs = 5_000;

/** What an endpoint answers to those who ask for the member list: bytes where HTTP should be. */
export async function openMembers(scope: Scope): Promise<FuzzArea> {
  let answer: Buffer = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()); // the asking side breaks off what is too long
    socket.once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => server.close());
  const { port } = server.address() as AddressInfo;
  const check = async (input: Buffer): Promise<void> => {
    answer = input;
    await askOnce(port);
  };
  return { inputs: fc.oneof(lists, statuses, soup), check };
}

async function askOnce(port: number): Promise<void> {
  const peer = { address: { kind: 'tcp', host: '127.0.0.1', port }, host: '127.0.0.1' } as const;
  try {
    const client = new MemberClient(settings, systemClock);
    checkList(await client.list(peer, AbortSignal.timeout(longestMs)));
  } catch (error) {
    assert.is.not((error as Error).name, 'TimeoutError', 'it waits for more though all was said');
    assertCleanLine(explainFailure(error, false), 300);
  }
}

function checkList(list: MemberList): void {
  const { endpoints, refused } = chooseEndpoints(list.members, terms);
  assert.ok(endpoints.length + refused.length <= 128);
  for (const endpoint of endpoints) {
    assert.is(endpoint.address.kind, 'tcp');
    assertCleanLine(endpointKey(endpoint), 300);
  }
  for (const { target, reason } of refused) {
    assertCleanLine(target, 300);
    assertCleanLine(reason, 1_000);
  }
}

const urls = fc.constantFrom(
  ...['http://10.0.0.1:2379', 'https://10.0.0.1:2379', 'http://127.0.0.1:2379', 'http://0.0.0.0:1'],
  ...[
    'http://[::1]:1',
    'http://h:0',
    'http://h',
    'unix://x',
    'http://u:p@h:1/p?q#f',
    'http://\u001b[2J:1',
  ],
  ...[
    'javascript:0',
    'http://[::',
    'http://h:99999',
    '',
    '\u202ehttp://h:1',
    `http://${'h'.repeat(900)}:1`,
  ],
);
const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\u001b[31m', '\u0000'));
const ids = fc.oneof(
  fc.constantFrom('7', '8', 9, '-1', '1e3', '9'.repeat(30), 2 ** 60),
  fc.jsonValue(),
);
const wild = fc.jsonValue({ maxDepth: 3 });
const member = fc.record(
  {
    ID: ids,
    name: fc.oneof(texts, wild),
    clientURLs: fc.oneof({ arbitrary: fc.array(urls, { maxLength: 4 }), weight: 4 }, wild),
    isLearner: fc.oneof(fc.boolean(), wild),
  },
  { requiredKeys: [] },
);
const header = fc.record({ cluster_id: ids, member_id: ids });
const bodies = fc
  .oneof(
    fc.record({ header, members: fc.array(member, { maxLength: 5 }) }),
    fc.record({ code: fc.constantFrom(3, 7, 9, 16), message: texts, token: texts }),
    wild,
  )
  .map((body) => JSON.stringify(body));

function response(head: string, body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 ${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

const lists = bodies.map((body) => response('200 OK', body));
const statuses = fc
  .tuple(
    fc.constantFrom('100 Go', '101 Up', '204 No', '301 Moved', '401 X', '404 X', '503 X'),
    bodies,
  )
  .map(([status, body]) => response(status, body));

const pieces = fc.constantFrom(
  ...[
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 200\r\n',
    'HTTP/2 200\r\n',
    '\r\n',
    '\r\n\r\n',
    '{}',
    '\u0000',
  ],
  ...['Content-Length: 5\r\n', 'Content-Length: 9999999999\r\n', 'Content-Length: -1\r\n'],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'fffffffff\r\n',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    `X: ${'y'.repeat(20_000)}`,
  ],
  ...['Location: http://h/\r\n', 'Connection: upgrade\r\nUpgrade: h2c\r\n', '\u0015\u0003\u0001'],
);
const soup = fc.array(pieces, { maxLength: 12 }).map((all) => Buffer.from(all.join('')));
