import type { Side, SideOwner, SocketName } from '../../src/model/side.js';
import { nobody } from '../../src/proxy/nobody.js';

/** A side without a connection; knows whether it has been closed. */
export class IdleSide implements Side {
  owner: SideOwner = nobody;
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

  probe(): void {}

  keepAlive(): void {}
}
