import { Listener, type ListenerDeps } from './listener.js';

/** First file descriptor that a service manager passes on (sd_listen_fds(3)). */
const firstFd = 3;

export interface ActivationEnv {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
}

export interface PassedSocket {
  readonly fd: number;
  /** `FileDescriptorName=` of the socket unit; for people. */
  readonly name: string;
}

/** The sockets that were passed to this process; none if they were meant for another one. */
export function passedSockets({ env, pid }: ActivationEnv): readonly PassedSocket[] {
  const count = Number(env.LISTEN_FDS ?? 0);
  if (!Number.isInteger(count) || count < 1 || env.LISTEN_PID !== String(pid)) return [];
  const names = (env.LISTEN_FDNAMES ?? '').split(':');
  return Array.from({ length: count }, (_, index) => ({
    fd: firstFd + index,
    name: names[index] ?? '',
  }));
}

/**
 * Opens the passed sockets as listeners. Clients that come before a gateway serves them wait: so a
 * restart under socket activation refuses nobody.
 * @throws GatewayError naming the socket that is none to listen on.
 */
export async function openPassedSockets(
  sockets: readonly PassedSocket[],
  deps: ListenerDeps,
): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  for (const { fd, name } of sockets) listeners.push(await Listener.adopt(fd, name, deps));
  return listeners;
}
