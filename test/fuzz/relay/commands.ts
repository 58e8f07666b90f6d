import { setImmediate as turn } from 'node:timers/promises';

import type { AsyncCommand } from 'fast-check';

import { Hopeless, until } from '../../support/until.js';
import { otherSide, type SessionModel } from './model.js';
import type { Peer } from './peer.js';
import { formatStep, type SideName, type Step } from './script.js';
import type { RealSession } from './world.js';

/** By one side in one session. */
const mostSent = 20_000_000;

/** A step of the script, done to the model and to the sockets. */
export class StepCommand implements AsyncCommand<SessionModel, RealSession> {
  readonly #step: Step;

  constructor(step: Step) {
    this.#step = step;
  }

  /** Steps that a socket could not do are passed over. */
  check(model: SessionModel): boolean {
    const step = this.#step;
    if (step.side === 'gateway') return true;
    if (model[step.side].reset) return false;
    if (step.does === 'write') {
      return model.isOpen(step.side) && model[step.side].sent + step.bytes <= mostSent;
    }
    return step.does !== 'end' || model.isOpen(step.side);
  }

  async run(model: SessionModel, real: RealSession): Promise<void> {
    const step = this.#step;
    if (step.side !== 'gateway') actAs(step, model, real[step.side]);
    else if (step.does === 'turn') await turn();
    else if (step.does === 'reload') await real.reload();
    else await settle(model, real);
  }

  toString(): string {
    return formatStep(this.#step);
  }
}

function actAs(step: Extract<Step, { side: SideName }>, model: SessionModel, peer: Peer): void {
  const side = model[step.side];
  switch (step.does) {
    case 'write':
      side.sent += step.bytes;
      peer.write(step.bytes);
      return;
    case 'end':
      side.ended = true;
      peer.socket.end();
      return;
    case 'reset':
      side.reset = true;
      peer.reset();
      return;
    case 'pause':
    case 'resume':
      side.paused = step.does === 'pause';
      peer.socket[step.does]();
  }
}

/** All that is sent must come to whoever reads: in each direction, whatever the other one does. */
export async function settle(model: SessionModel, real: RealSession): Promise<void> {
  if (model.isReset) return;
  for (const side of ['client', 'endpoint'] as const) {
    if (model[side].paused) continue;
    const { sent, ended } = model[otherSide(side)];
    const all = (): boolean => {
      assertRight(real[side], sent);
      return real[side].received === sent && (!ended || real[side].sawEnd);
    };
    await until(all, {
      what: `${sent} bytes${ended ? ' and the end' : ''} at the ${side}`,
      ...{ everyMs: 1, timeoutMs: real.patienceMs },
    });
  }
}

/** @throws `Hopeless` for what no waiting mends. */
export function assertRight({ name, received, wrongAt }: Peer, sent: number): void {
  if (wrongAt !== undefined) throw new Hopeless(`the ${name} got another byte at ${wrongAt}`);
  if (received > sent) throw new Hopeless(`the ${name} got ${received} bytes, ${sent} were sent`);
}
