import type { SideName } from './script.js';

/** What one side has done. */
export interface SideModel {
  sent: number;
  ended: boolean;
  paused: boolean;
  reset: boolean;
}

/** What both have done so far: enough to say what each must see. */
export class SessionModel {
  readonly client: SideModel = untouched();
  readonly endpoint: SideModel;

  /** `greetingBytes`: what the endpoint has sent already. */
  constructor(greetingBytes = 0) {
    this.endpoint = { ...untouched(), sent: greetingBytes };
  }

  /** Whether this side can still send. */
  isOpen(side: SideName): boolean {
    return !this[side].ended && !this[side].reset;
  }

  get isReset(): boolean {
    return this.client.reset || this.endpoint.reset;
  }
}

export function otherSide(side: SideName): SideName {
  return side === 'client' ? 'endpoint' : 'client';
}

function untouched(): SideModel {
  return { sent: 0, ended: false, paused: false, reset: false };
}
