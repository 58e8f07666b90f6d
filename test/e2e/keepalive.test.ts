import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { whoAnswers, withClient } from '../support/client.js';
import { withGateway } from '../support/gateway.js';
import { mainGateway } from '../support/gateway-config.js';
import { needsThat } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';
import { identity, withUpstream } from '../support/upstream.js';

const test = suite('keepalive');
const linuxTest = needsThat(test, process.platform === 'linux' ? undefined : 'no /proc');

/** `timer_active` of a socket with nothing under way, and only a keepalive timer (proc_net_tcp). */
const keepaliveTimer = '02';
const noTimer = '00';
const established = '01';

/** The timers of the established sockets that `isWanted` picks by their ports. */
async function timers(isWanted: (local: number, remote: number) => boolean): Promise<string[]> {
  const [, ...lines] = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n');
  return lines.flatMap((line) => {
    const [, local = '', remote = '', state, , timer = ''] = line.trim().split(/\s+/);
    const wanted = state === established && isWanted(portOf(local), portOf(remote));
    return wanted ? [timer.slice(0, 2)] : [];
  });
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

for (const [keepalive, timer] of [
  ['15s', keepaliveTimer],
  ['0s', noTimer],
] as const) {
  linuxTest(
    `with ${keepalive} both sides of a session have the timer that it asks for`,
    scoped(async (scope) => {
      const upstream = await withUpstream(scope, { behaviour: identity('it') });
      const port = await freePort();
      const config = mainGateway(port, [upstream.address], { keepalive });
      await withGateway(scope, { config });
      assert.is(await whoAnswers(port), 'it');
      await withClient(scope, port);
      const sides = async () => [
        ...(await timers((local) => local === port)),
        ...(await timers((_local, remote) => remote === upstream.port)),
      ];
      await until(async () => (await sides()).join() === [timer, timer].join(), {
        what: `the timers ${timer} and ${timer}`,
      });
    }),
  );
}

test.run();
