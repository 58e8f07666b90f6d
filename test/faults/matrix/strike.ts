import { setTimeout as sleep } from 'node:timers/promises';

import { withBlackHole } from '../../support/black-hole.js';
import type { Scope } from '../../support/scope.js';
import type { Passage, ToxicWay, Toxics } from '../../support/toxics.js';
import type { Cell, Kind } from './cells.js';
import { deafen, silence } from './packets.js';

/** Where a fault sets in. */
export interface Scene {
  readonly cell: Cell;
  readonly scope: Scope;
  /** Between the gateway and the side that the fault is on. */
  readonly way: ToxicWay;
  /** What is dialed on that side: by the gateway, or of the gateway. */
  readonly dialedPort: number;
}

/** Ends the fault; undefined: it lasts, or is over. */
type Heal = (() => unknown) | undefined;

const healAfterMs = 700;

/** Begins the cell's fault; one that heals does so by itself. Resolves when it is in force. */
export async function strike(scene: Scene): Promise<void> {
  const heal = await strikes[scene.cell.kind](scene);
  if (heal && scene.cell.expected.heals === true) void sleep(healAfterMs).then(heal);
}

const strikes: Readonly<Record<Kind, (scene: Scene) => Heal | Promise<Heal>>> = {
  latency: toxic({ latencyMs: 20 }),
  bandwidth: toxic({ bandwidth: 256 * 1024 }),
  'slow-close': toxic({ slowCloseMs: 300 }),
  timeout: toxic({ timeout: true }),
  slicer: toxic({ slicer: 1_000 }),
  hang: toxic({ hang: true }),

  'reset-peer': ({ way }) => {
    way.opened = reset;
    way.passages.forEach(reset);
    return undefined;
  },

  'limit-data': ({ cell, way }) => {
    const passed = way.passages[0]?.passed ?? 0;
    way.toxics = { limitData: cell.phase === 'before-connect' ? 0 : passed + 1_000 };
    return undefined;
  },

  refuse: ({ way }) => {
    way.refuse();
    return undefined;
  },

  'black-hole': ({ way, dialedPort }) => {
    const [passage] = way.passages;
    return passage ? silence(passage.near) : deafen(dialedPort);
  },

  'half-open': async ({ way }) => {
    for (const { near, far } of way.passages) {
      await silence(near);
      near.destroy();
      far.destroy();
    }
    return undefined;
  },

  'accept-queue': async ({ scope, way }) => {
    way.refuse();
    await withBlackHole(scope, { port: way.port });
    return undefined;
  },
};

function toxic(toxics: Toxics): (scene: Scene) => Heal {
  return ({ way }) => {
    way.toxics = toxics;
    return () => (way.toxics = {});
  };
}

function reset({ near, far }: Passage): void {
  near.resetAndDestroy();
  far.destroy();
}
