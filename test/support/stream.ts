import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const pattern = randomBytes(64 * 1024);

/**
 * A client that sends bytes through the gateway for as long as it lives, and checks that exactly
 * these come back, in order. Its upstream says its name first (`identity`).
 */
export class CheckedStream {
  /** The name of its upstream. */
  name = '';
  bytesChecked = 0;
  /** What went wrong; undefined: nothing. */
  failure: string | undefined;
  readonly #socket: Socket;
  #sent = 0;
  #closing = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(`error ${error.code ?? ''}`));
    socket.on('end', () => {
      if (!this.#closing) this.#fail('ended by the other side');
    });
  }

  static async open(port: number): Promise<CheckedStream> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    const stream = new CheckedStream(socket);
    await stream.#greet();
    return stream;
  }

  /** Sends `size` bytes every `everyMs`, each after the answer to the ones before. */
  async run(size: number, everyMs: number): Promise<void> {
    while (!this.#closing && this.failure === undefined) {
      await this.exchange(size);
      await sleep(everyMs * (0.5 + Math.random()));
    }
  }

  /** Ends in order: what has been sent must have come back, and the end comes back too. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    this.#socket.end();
    if (!this.#socket.destroyed) {
      await new Promise((resolve) => this.#socket.once('close', resolve)); // a reset: `failure`
    }
    if (this.bytesChecked < this.#sent) this.#fail(`${this.#sent - this.bytesChecked} bytes lost`);
  }

  async #greet(): Promise<void> {
    const line = (await this.#firstChunk()).toString();
    if (!line.endsWith('\n')) this.#fail(`greeted by ${JSON.stringify(line)}`);
    this.name = line.trimEnd();
    this.#socket.on('data', (data: Buffer) => this.#check(data));
  }

  #firstChunk(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#socket.once('data', resolve);
      this.#socket.once('close', () => reject(new Error(`not greeted, but ${this.failure}`)));
    });
  }

  /** Sends this much and waits for the answer, or for the `failure`. One at a time. */
  async exchange(size: number): Promise<void> {
    const start = this.#sent % (pattern.length - size);
    this.#sent += size;
    const answered = new Promise<void>((resolve) => (this.#wake = resolve));
    this.#expect(pattern.subarray(start, start + size));
    await answered;
  }

  #pending: Buffer = Buffer.alloc(0);

  #expect(bytes: Buffer): void {
    this.#pending = bytes;
    this.#socket.write(bytes);
  }

  #check(data: Buffer): void {
    const expected = this.#pending.subarray(0, data.length);
    if (!data.equals(expected)) {
      this.#fail(`got ${data.length} other bytes after ${this.bytesChecked} right ones`);
      return;
    }
    this.#pending = this.#pending.subarray(data.length);
    this.bytesChecked += data.length;
    if (this.#pending.length === 0) this.#wake?.();
  }

  #fail(reason: string): void {
    this.failure ??= reason;
    this.#wake?.();
  }
}
