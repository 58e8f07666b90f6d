import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { errorMessage } from '../../../src/model/errors.js';
import type { HostAddresses, TrackedHost } from '../../../src/model/ports.js';
import { Peers } from '../../../src/sources/members-peers.js';
import { endpointAt } from '../../support/member-source.js';
import { settle } from '../../support/stepping-clock.js';

const test = suite('peers to ask');
const { signal } = new AbortController();

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'no failure', errorMessage);
}

/** Host names under a test's control. */
class Hosts implements HostAddresses {
  readonly tracked = new Map<string, TrackedHost & { addresses: string[]; settled: boolean }>();
  #changed: (() => void) | undefined;

  track(host: string, changed: () => void): TrackedHost {
    this.#changed = changed;
    const close = (): void => void this.tracked.delete(host);
    const entry = { addresses: [], settled: false, error: 'no such name', close };
    this.tracked.set(host, entry);
    return entry;
  }

  answer(host: string, ...addresses: string[]): void {
    Object.assign(this.tracked.get(host) ?? {}, { addresses, settled: true });
    this.#changed?.();
  }
}

test('takes literals and unix sockets as they are', async () => {
  const peers = new Peers(new Hosts(), () => 0);
  const literal = await peers.peer(endpointAt('[::1]:2379'), signal);
  assert.equal(literal, { address: { kind: 'tcp', host: '::1', port: 2379 }, host: '::1' });
  assert.is((await peers.peer(endpointAt('unix:/run/etcd.sock'), signal)).address.kind, 'unix');
});

test('waits for the first answer of a name, and keeps the name beside the address', async () => {
  const hosts = new Hosts();
  const peers = new Peers(hosts, () => 0.99);
  const endpoint = endpointAt('infra0:2379');
  peers.follow([endpoint]);
  const peer = peers.peer(endpoint, signal);
  await settle();
  hosts.answer('infra0', '10.0.0.1', '10.0.0.2');
  assert.equal(await peer, {
    address: { kind: 'tcp', host: '10.0.0.2', port: 2379 },
    host: 'infra0',
  });
});

test('says why a name has no address', async () => {
  const hosts = new Hosts();
  const peers = new Peers(hosts, () => 0);
  peers.follow([endpointAt('infra0:2379')]);
  hosts.answer('infra0');
  const reason = await failure(peers.peer(endpointAt('infra0:2379'), signal));
  assert.match(reason, 'no address: no such name');
});

test('stops waiting when its time is over', async () => {
  const peers = new Peers(new Hosts(), () => 0);
  const limit = new AbortController();
  peers.follow([endpointAt('infra0:2379')]);
  const peer = failure(peers.peer(endpointAt('infra0:2379'), limit.signal));
  await settle();
  limit.abort(new Error('too late'));
  assert.match(await peer, 'too late');
});

test('follows the names of its endpoints and no others', () => {
  const hosts = new Hosts();
  const peers = new Peers(hosts, () => 0);
  peers.follow([endpointAt('a:1'), endpointAt('b:1'), endpointAt('a:2'), endpointAt('10.0.0.1:1')]);
  assert.equal([...hosts.tracked.keys()], ['a', 'b']);
  peers.follow([endpointAt('b:1'), endpointAt('c:1')]);
  assert.equal([...hosts.tracked.keys()], ['b', 'c']);
  peers.close();
  assert.equal([...hosts.tracked.keys()], []);
});

test.run();
