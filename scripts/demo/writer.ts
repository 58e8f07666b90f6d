import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const oneTryMs = 8_000;
const allTriesMs = 20_000;

/** A client of etcd that puts one key after the other over one session to the gateway. */
export class Writer {
  acknowledged = 0;
  /** Tries beyond the first of a write: its session had been cut. */
  retries = 0;
  /** Writes that no try got through. */
  failed = 0;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #name: string;
  readonly #port: number;
  readonly #running: Promise<void>;
  #closing = false;

  constructor(name: string, port: number) {
    this.#name = name;
    this.#port = port;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#running;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    for (let count = 0; !this.#closing; count++) {
      if (await this.#write(`${this.#name}/${count}`)) this.acknowledged++;
      else this.failed++;
      await sleep(10);
    }
  }

  async #write(key: string): Promise<boolean> {
    const deadline = performance.now() + allTriesMs;
    while (performance.now() < deadline) {
      if (await this.#put(key)) return true;
      this.retries++;
      await sleep(50);
    }
    return false;
  }

  async #put(key: string): Promise<boolean> {
    const body = JSON.stringify({ key: base64(key), value: base64('written by the demo') });
    const sent = request({
      ...{ host: '127.0.0.1', port: this.#port, method: 'POST', path: '/v3/kv/put' },
      ...{ agent: this.#agent, timeout: oneTryMs },
    });
    sent.on('timeout', () => sent.destroy());
    sent.end(body);
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      return response.statusCode === 200;
    } catch {
      return false; // the session was cut: the next try opens another
    }
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
