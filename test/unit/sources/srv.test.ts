import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Answer, RecordData } from '../../../src/dns/answer.js';
import type { SrvClient } from '../../../src/sources/srv-lookup.js';
import type { RecordType } from '../../../src/dns/wire.js';
import { formatEndpoints } from '../../../src/model/endpoint.js';
import { SrvSource } from '../../../src/sources/srv.js';
import { dnsSettings, Events, hostLookup, namesOf } from '../../support/dns-fixtures.js';
import { srvSettings } from '../../support/srv-fixtures.js';
import { settle, SteppingClock } from '../../support/stepping-clock.js';

const test = suite('SRV source');

/** Queries that end when the test says so, whether they are still wanted or not. */
class DeafClient implements SrvClient {
  readonly #answers: ((target: string) => void)[] = [];
  readonly namesOf = namesOf;

  query<T extends RecordType>(): Promise<Answer<RecordData[T]>> {
    return new Promise((resolve) => {
      this.#answers.push((target) => {
        const records = [{ target, port: 2379, priority: 0, weight: 0 }];
        resolve({ kind: 'records', records, ttlMs: 5_000 } as unknown as Answer<RecordData[T]>);
      });
    });
  }

  /** Answers both names of the oldest attempt that waits. */
  async answer(target: string): Promise<void> {
    for (const each of this.#answers.splice(0, 2)) each(target);
    await settle();
  }
}

test('drops an answer that comes after the settings have changed, and says so', async () => {
  const [client, clock, events] = [new DeafClient(), new SteppingClock(), new Events()];
  const triggers: string[] = [];
  const source = new SrvSource({
    ...{ gateway: 'main', settings: srvSettings(), dns: dnsSettings(), lookup: hostLookup() },
    ...{ client, clock, random: () => 0, isSelf: () => false, observer: events.observe },
    trigger: (reason) => triggers.push(reason),
  });
  await settle(); // the first attempt has asked
  source.configure(dnsSettings({ timeoutMs: 1_000 }));
  await client.answer('outdated.test');
  assert.is(source.snapshot(), undefined);
  assert.equal(
    events.all.map((event) => event.type === 'notice' && event.message),
    ['a discovery answered too late and was not used'],
  );
  await client.answer('infra0.test');
  assert.equal(formatEndpoints(source.snapshot()?.endpoints ?? []), ['infra0.test:2379']);
  assert.equal(triggers, ['srv']);
  await source.close();
});

test.run();
