import * as assert from 'uvu/assert';

import type { ConfigObject } from '../../support/gateway.js';
import type { Side } from './network.js';
import type { Scene } from './scene.js';

/** What happens while an interface is down, and what must come of it. */
export interface Case {
  readonly key: string;
  /** What it shows. */
  readonly sentence: string;
  readonly settings: ConfigObject;
  readonly run: (scene: Scene) => Promise<void>;
  /** How the first session on the link ends; undefined: none is open when it goes down. */
  readonly end: string | undefined;
  /** What takes the endpoint out: a failed dial or a missing answer. */
  readonly ejectedBy: 'dial' | 'silence' | undefined;
}

const KiB = 1024;

export const connectTimeoutMs = 2_000;

const cases: readonly Case[] = [
  {
    key: 'newcomers',
    sentence: 'a link that is down costs new clients little, and is used again once it is up',
    settings: {},
    end: undefined,
    ejectedBy: 'dial',
    run: async (scene) => {
      await scene.down();
      await newcomersGoElsewhere(scene);
      await comesBack(scene);
    },
  },
  {
    key: 'outage',
    sentence: 'a session loses no byte when its link is down for a second',
    settings: {},
    end: 'done',
    ejectedBy: undefined,
    run: async (scene) => {
      const client = await scene.openSession(1_024 * KiB);
      client.sayUpTo(512 * KiB);
      await scene.heard(client, 512 * KiB);
      await scene.down();
      client.finish();
      await scene.pass(1_000);
      assert.is(client.received, 512 * KiB, 'nothing passes');
      await scene.up();
      await scene.heard(client, 1_024 * KiB);
      const { bytesSent, bytesReceived } = await scene.sessionClosed();
      assert.equal([bytesSent, bytesReceived], [1_024 * KiB, 1_024 * KiB]);
    },
  },
  {
    key: 'first-byte',
    sentence: 'a session that waits for its first answer is reset when its link is down',
    settings: { 'first-byte-timeout': '1s' },
    end: 'first-byte-timeout',
    ejectedBy: 'silence',
    run: async (scene) => {
      const client = await scene.openSession(KiB);
      await scene.down();
      client.sayUpTo(KiB);
      await scene.isReset(client);
      await newcomersGoElsewhere(scene);
      await comesBack(scene);
    },
  },
  {
    key: 'quiet',
    sentence: 'a quiet session is reset by keepalive when its link stays down',
    settings: { keepalive: '1s', 'tcp-user-timeout': '0s' },
    end: 'endpoint-reset',
    ejectedBy: 'dial',
    run: async (scene) => {
      const client = await scene.openSession(2 * KiB);
      client.sayUpTo(KiB);
      await scene.heard(client, KiB);
      await scene.down();
      await newcomersGoElsewhere(scene);
      await scene.isReset(client);
      await comesBack(scene);
    },
  },
  {
    key: 'under-way',
    sentence: 'a session whose bytes stay unacknowledged is reset when its link stays down',
    settings: { 'tcp-user-timeout': '2s' },
    end: 'endpoint-reset',
    ejectedBy: 'dial',
    run: async (scene) => {
      const client = await scene.openSession(64 * KiB);
      client.sayUpTo(KiB);
      await scene.heard(client, KiB);
      await scene.down();
      client.sayUpTo(64 * KiB);
      await newcomersGoElsewhere(scene);
      await scene.isReset(client);
      assert.is(client.received, KiB);
      await comesBack(scene);
    },
  },
];

/** Nobody waits for `connect-timeout`: who finds it out waits for a staggered dial at most. */
async function newcomersGoElsewhere(scene: Scene): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    const startedMs = performance.now();
    assert.is(await scene.whoServes(), 'spare');
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < connectTimeoutMs, `a new client waited for ${tookMs} ms`);
  }
  await scene.logged('ejected');
}

async function comesBack(scene: Scene): Promise<void> {
  await scene.up();
  await scene.logged('returned');
  assert.is(await scene.whoServes(), 'link');
}

/** A case on one of both sides. */
export interface Trial extends Case {
  /** Of its gateway. */
  readonly name: string;
  readonly side: Side;
}

export function allTrials(): Trial[] {
  const sides = ['gateway', 'endpoint'] as const;
  return cases.flatMap((one) =>
    sides.map((side) => ({ ...one, side, name: `${one.key}-${side}` })),
  );
}
