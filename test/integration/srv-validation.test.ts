import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../src/model/clock.js';
import type { SrvDiscoverySettings } from '../../src/model/config.js';
import { endpointKey, type Endpoint } from '../../src/model/endpoint.js';
import { errorMessage } from '../../src/model/errors.js';
import { HandshakeRate } from '../../src/sources/handshake-rate.js';
import type { IsSelf } from '../../src/sources/reach.js';
import { validateTargets, type Validation } from '../../src/sources/validate-targets.js';
import { withAuthority, type Authority, type KeyPair } from '../support/certs.js';
import { dnsSettings, hostLookup } from '../support/dns-fixtures.js';
import { a, DnsTestServer, Zone } from '../support/dns-server.js';
import { needs } from '../support/needs.js';
import { scoped, type Scope } from '../support/scope.js';
import { srvSettings } from '../support/srv-fixtures.js';

const test = suite('validation of SRV targets');
const withOpenssl = needs(test, 'openssl');
const host = 'infra0.example.test';

/** A name server that knows the hosts of these tests, and certificates of an authority. */
class World {
  readonly #scope: Scope;
  readonly #dns: DnsTestServer;
  readonly authority: Authority;
  /** Where the search has found the records. */
  found = 'example.test';

  isSelf: IsSelf = () => false;

  private constructor(scope: Scope, dns: DnsTestServer, authority: Authority) {
    this.#scope = scope;
    this.#dns = dns;
    this.authority = authority;
  }

  static async start(scope: Scope): Promise<World> {
    const zone = new Zone([a(host, '127.0.0.1'), a('infra1.example.test', '127.0.0.1')]);
    zone.records = [...zone.records, a('infra0.elsewhere.test', '127.0.0.1')];
    const dns = await DnsTestServer.start(zone.respond);
    scope.defer(() => dns.close());
    return new World(scope, dns, await withAuthority(scope));
  }

  /** A TLS server, as an endpoint of this name. */
  async tls(pair: KeyPair, options: TlsOptions = {}, name = host): Promise<Endpoint> {
    const [cert, key] = await Promise.all([readFile(pair.certFile), readFile(pair.keyFile)]);
    const server = createServer({ cert, key, ...options });
    server.on('tlsClientError', () => undefined);
    return this.#listen(server, name);
  }

  /** A server that does not speak TLS. */
  tcp(onConnect: Parameters<typeof createTcpServer>[1]): Promise<Endpoint> {
    return this.#listen(createTcpServer(onConnect), host);
  }

  async validate(
    endpoints: readonly Endpoint[],
    changes: Partial<SrvDiscoverySettings> = {},
  ): Promise<Validation> {
    return await validateTargets(
      endpoints,
      srvSettings({ insecure: false, trustedCaFile: this.authority.caFile, ...changes }),
      {
        lookup: hostLookup(),
        isSelf: this.isSelf,
        clock: systemClock,
        rate: new HandshakeRate(systemClock),
      },
      {
        dns: dnsSettings({ servers: [this.#dns.address] }),
        domain: this.found,
        signal: new AbortController().signal,
      },
    );
  }

  async reasonOf(endpoint: Endpoint, changes: Partial<SrvDiscoverySettings> = {}): Promise<string> {
    const { refused } = await this.validate([endpoint], changes);
    return refused[0]?.reason ?? 'accepted';
  }

  async #listen(server: Server, name: string): Promise<Endpoint> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#scope.defer(() => server.close());
    return endpointOf(name, portOf(server));
  }
}

function endpointOf(name: string, port: number): Endpoint {
  const address = { kind: 'tcp', host: name, port } as const;
  return { address, weight: 0, priority: 0, maxSessions: 0, drain: false };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

withOpenssl(
  'accepts a certificate for the discovery domain',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const target = await world.tls(await world.authority.server(['example.test']));
    assert.is(await world.reasonOf(target), 'accepted');
  }),
);

withOpenssl(
  'accepts a certificate for the target where it lies under the domain, and only there',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const own = await world.tls(await world.authority.server([host]));
    const names = ['infra0.elsewhere.test'];
    const foreign = await world.tls(await world.authority.server(names), {}, names[0]);
    assert.is(await world.reasonOf(own), 'accepted');
    assert.is(await world.reasonOf(foreign), 'its certificate is not for example.test');
  }),
);

withOpenssl(
  'accepts, where the domain was found below a search domain, certificates for it as it was found',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const { authority } = world;
    for (const [name, found, expected] of [
      ['example', 'example.test', 'accepted'],
      ['example.test', 'example.test', 'accepted'],
      [host, 'example.test', 'accepted'],
      [
        'elsewhere.test',
        'example.test',
        `its certificate is not for example or example.test or ${host}`,
      ],
      [host, 'example', 'its certificate is not for example'],
    ] as const) {
      world.found = found;
      const target = await world.tls(await authority.server([name]));
      assert.is(await world.reasonOf(target, { domain: 'example' }), expected, name);
    }
  }),
);

withOpenssl(
  'refuses a certificate for another name',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const target = await world.tls(await world.authority.server(['infra1.example.test']));
    assert.is(await world.reasonOf(target), `its certificate is not for example.test or ${host}`);
  }),
);

withOpenssl(
  'refuses a certificate of another authority, and an expired one',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const other = await withAuthority(scope, 'another CA');
    const foreign = await world.tls(await other.server(['example.test']));
    const expired = await world.tls(await world.authority.server(['example.test'], { days: -1 }));
    assert.match(await world.reasonOf(foreign), 'CA that is not trusted');
    assert.is(await world.reasonOf(expired), 'its certificate has expired');
  }),
);

for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
  withOpenssl(
    `accepts a server that demands a client certificate over ${maxVersion}`,
    scoped(async (scope) => {
      const world = await World.start(scope);
      const ca = await readFile(world.authority.caFile);
      const demanding = { requestCert: true, rejectUnauthorized: true, ca, maxVersion };
      const target = await world.tls(await world.authority.server([host]), demanding);
      assert.is(await world.reasonOf(target), 'accepted');
    }),
  );

  withOpenssl(
    `refuses a wrong server that demands a client certificate over ${maxVersion}`,
    scoped(async (scope) => {
      const world = await World.start(scope);
      const other = await withAuthority(scope, 'another CA');
      const ca = await readFile(world.authority.caFile);
      const demanding = { requestCert: true, rejectUnauthorized: true, ca, maxVersion };
      const foreign = await world.tls(await other.server([host]), demanding);
      const misnamed = await world.tls(await world.authority.server(['evil.test']), demanding);
      const expired = await world.tls(
        await world.authority.server([host], { days: -1 }),
        demanding,
      );
      assert.match(await world.reasonOf(foreign), 'not trusted');
      assert.match(await world.reasonOf(misnamed), 'is not for');
      assert.match(await world.reasonOf(expired), 'expired');
    }),
  );
}

withOpenssl(
  'refuses what does not speak TLS, does not speak at all, hangs up or is not there',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const plain = await world.tcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const gone = await world.tcp((socket) => socket.resetAndDestroy());
    assert.is(await world.reasonOf(plain), 'it does not speak TLS');
    assert.match(await world.reasonOf(gone), /ECONNRESET|closed the connection/);
    const closed = createTcpServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const port = portOf(closed);
    closed.close();
    assert.match(await world.reasonOf(endpointOf(host, port)), 'ECONNREFUSED');
    assert.match(await world.reasonOf(endpointOf('infra9.example.test', port)), 'NXDOMAIN');
  }),
);

withOpenssl(
  'parts the good targets from the bad ones',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const pair = await world.authority.server(['example.test']);
    const one = await world.tls(pair);
    const two = await world.tls(pair, {}, 'infra1.example.test');
    const bad = await world.tcp((socket) => socket.end());
    const { accepted, refused } = await world.validate([one, bad, two]);
    assert.equal(accepted, [one, two]);
    assert.equal(
      refused.map(({ target }) => target),
      [endpointKey(bad)],
    );
  }),
);

withOpenssl(
  'says what is wrong with trusted-ca-file, and reads it anew each time',
  scoped(async (scope) => {
    const world = await World.start(scope);
    const target = await world.tls(await world.authority.server(['example.test']));
    const trustedCaFile = join(await scope.tempDir(), 'ca.pem');
    const problem = async (): Promise<string> =>
      world.reasonOf(target, { trustedCaFile }).catch(errorMessage);
    assert.is(
      await problem(),
      `trusted-ca-file ${trustedCaFile} cannot be read: there is no such file`,
    );
    await writeFile(trustedCaFile, 'nothing');
    assert.match(await problem(), `trusted-ca-file ${trustedCaFile} is no PEM file`);
    const ca = await readFile(world.authority.caFile, 'utf8');
    await writeFile(trustedCaFile, ca.replace(/\n.{20}/, '\n'));
    assert.is(
      await problem(),
      `trusted-ca-file ${trustedCaFile}: its certificate 1 is damaged at line 1`,
    );
    await writeFile(trustedCaFile, ca);
    assert.is(await problem(), 'accepted');
    await rm(trustedCaFile);
    assert.match(await problem(), 'there is no such file');
  }),
);

withOpenssl(
  "trusts the system's roots where no file is named",
  scoped(async (scope) => {
    const world = await World.start(scope);
    const target = await world.tls(await world.authority.server(['example.test']));
    assert.match(await world.reasonOf(target, { trustedCaFile: undefined }), 'not trusted');
  }),
);

test(
  'refuses an address of the gateway itself without connecting to it',
  scoped(async (scope) => {
    const world = await World.start(scope);
    let connections = 0;
    const endpoint = await world.tcp((socket) => {
      connections += 1;
      socket.destroy();
    });
    world.isSelf = () => true;
    assert.match(await world.reasonOf(endpoint), /this is the gateway itself/);
    assert.is(connections, 0);
  }),
);

test.run();
