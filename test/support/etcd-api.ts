import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Scope } from './scope.js';

/** What a fake etcd answers; each part may be changed while it runs. */
export interface FakeEtcd {
  readonly port: number;
  readonly address: string;
  /** Requests so far, as `path token body`. */
  readonly requests: string[];
  clusterId: string;
  memberId: string;
  members: readonly object[];
  /** Path prefixes under which the gRPC gateway answers. */
  prefixes: readonly string[];
  /** Tokens that are accepted; undefined: none is asked for. */
  token: string | undefined;
  password: string;
  /** Answers instead of everything else when it returns true. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** An HTTP server that answers like etcd's gRPC gateway, as far as the member list goes. */
export async function withFakeEtcd(scope: Scope, host = '127.0.0.1'): Promise<FakeEtcd> {
  const server = createServer((request, response) => {
    void reply(fake, request, response);
  });
  server.listen(0, host);
  await once(server, 'listening');
  scope.defer(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const address = `${host}:${port}`;
  const fake: FakeEtcd = {
    ...{ port, address, requests: [], clusterId: '11', memberId: '1', prefixes: ['/v3'] },
    members: [{ ID: '1', name: 'infra0', clientURLs: [`http://${address}`] }],
    ...{ token: undefined, password: 'secret', instead: () => false },
  };
  return fake;
}

async function reply(
  fake: FakeEtcd,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const token = request.headers.authorization ?? '';
  fake.requests.push(`${request.url ?? ''} ${token} ${body}`);
  if (fake.instead(request, response)) return;
  const [status, answer] = answerTo(fake, request.url ?? '', token, body);
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
}

function answerTo(fake: FakeEtcd, url: string, token: string, body: string): [number, object] {
  const prefix = fake.prefixes.find((candidate) => url.startsWith(`${candidate}/`));
  if (prefix === undefined) return [404, { error: 'Not Found' }];
  const header = { cluster_id: fake.clusterId, member_id: fake.memberId };
  const path = url.slice(prefix.length);
  if (path === '/auth/authenticate') {
    if (body.includes(JSON.stringify(fake.password))) return [200, { header, token: fake.token }];
    return [
      400,
      { message: 'etcdserver: authentication failed, invalid user ID or password', code: 3 },
    ];
  }
  if (fake.token !== undefined && token !== fake.token) {
    return [401, { message: 'etcdserver: invalid auth token', code: 16 }];
  }
  return [200, path === '/kv/range' ? { header } : { header, members: fake.members }];
}
