import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const answerLimitMs = 2_000;
const changeLimitMs = 15_000;

/** A session that reached an endpoint which tells its name. */
export interface Probe {
  readonly endpoint: string;
  readonly socket: Socket;
}

export interface Change {
  /** The first session at the wanted endpoint, still open. */
  readonly probe: Probe;
  readonly failures: number;
}

/** Opens one session after another until one reaches the endpoint. @throws Error after 15 s. */
export async function firstSessionAt(port: number, endpoint: string): Promise<Change> {
  const limit = performance.now() + changeLimitMs;
  let failures = 0;
  while (performance.now() < limit) {
    const probe = await openProbe(port);
    if (probe?.endpoint === endpoint) return { probe, failures };
    if (probe === undefined) {
      failures++;
      await delay(1);
    }
    probe?.socket.destroy();
  }
  throw new Error(`no session reached endpoint ${endpoint} within ${changeLimitMs} ms`);
}

/** Asks on an open session again: whether it is alive. */
export async function answers({ socket }: Probe): Promise<boolean> {
  return !socket.destroyed && (await ask(socket)) !== undefined;
}

/** Undefined: the connect failed, or no answer came. */
async function openProbe(port: number): Promise<Probe | undefined> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const endpoint = await ask(socket);
  if (endpoint !== undefined) return { endpoint, socket };
  socket.destroy();
  return undefined;
}

function ask(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (answer: string | undefined): void => {
      clearTimeout(timer);
      socket.removeAllListeners().on('error', () => undefined); // its end is seen at the next asking
      resolve(answer);
    };
    const timer = setTimeout(() => settle(undefined), answerLimitMs);
    socket.once('data', (data) => settle(data.toString('latin1')));
    socket.once('error', () => settle(undefined)).once('close', () => settle(undefined));
    socket.write('?');
  });
}
