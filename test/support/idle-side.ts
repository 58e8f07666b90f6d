import type { Side, SideOwner, SocketName } from '../../src/model/side.js';
import { noOwner } from '../../src/kernel/no-owner.js';

/** A side without a connection; knows whether it has been closed. */
export class IdleSide implements Side {
  owner: SideOwner = noOwner;
  readonly isTcp = true;
  readonly pendingBytes = 0;
  isDestroyed = false;

  peer(): SocketName | undefined {
    return undefined;
  }

  local(): SocketName | undefined {
    return undefined;
  }

  read(): void {}

  pause(): void {}

  write(): boolean {
    return true;
  }

  end(): void {}

  destroy(): void {
    this.isDestroyed = true;
  }

  reset(): void {
    this.destroy();
  }

  moveTo(): boolean {
    return false;
  }
}
