import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { findMaker, runWorker } from '../faults/matrix/start.js';
import { needsThat } from '../support/needs.js';

const test = suite('zones of link-local addresses');

const maker = findMaker();
const inNetwork = needsThat(
  test,
  maker ? undefined : 'this machine allows no network of its own (unshare)',
);

let running: Promise<unknown> | undefined;

/** What happened, by what was tried; all of it once, when the first test asks. */
async function outcome(what: string): Promise<string> {
  running ??= runWorker(maker, ['dist/test/integration/zones/worker.js']);
  const outcomes = (await running) as Readonly<Record<string, string>>;
  return outcomes[what] ?? 'not tried';
}

for (const what of [
  'a DNS server by name',
  'a DNS server by number',
  'a DNS server over TCP',
  'a configured DNS server',
]) {
  inNetwork(`${what} is asked`, async () => {
    assert.is(await outcome(what), 'records');
  });
}

for (const what of [
  'a listener by name and an endpoint by number',
  'a listener by number and an endpoint by name',
  'checks by number',
]) {
  inNetwork(`${what} work`, async () => {
    assert.is(await outcome(what), 'one');
  });
}

for (const what of ['DNS server', 'endpoint', 'listener', 'admin server']) {
  inNetwork(`a wrong zone of ${what} is told`, async () => {
    assert.match(
      await outcome(`a wrong zone of ${what}`),
      'its zone "link0" is no network interface of this machine that is up',
    );
  });
}

inNetwork('a link-local address without a zone is told', async () => {
  assert.match(await outcome('no zone'), 'a link-local address needs its zone');
});

test.run();
