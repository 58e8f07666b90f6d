import type { Address } from '../model/address.js';
import type { Timer } from '../model/ports.js';
import type { BoundSocket, ListenOptions, SocketAcceptor, TcpOptions } from '../model/side.js';
import type { Descriptor } from './libc/descriptor.js';
import { EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, EPROTO, systemError } from './libc/errors.js';
import type { Kernel } from './kernel.js';
import { EPOLLIN, type Watcher } from './poller.js';
import { Seldom } from './seldom.js';
import { KernelSocket } from './socket.js';
import { AF_UNIX, familyOf } from './libc/socket-address.js';
import {
  IP_FREEBIND,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_REUSEADDR,
  SOL_SOCKET,
} from './libc/socket-options.js';

/** How long clients wait that cannot be accepted. */
const pauseMs = 100;

/** Connections the kernel keeps until they are accepted; it caps this at net.core.somaxconn. */
const backlog = 4096;

/** A bound socket that accepts clients: of its own, or passed on by a service manager. */
export class ListeningSocket implements BoundSocket, Watcher {
  readonly address: Address;
  readonly #kernel: Kernel;
  readonly #descriptor: Descriptor;
  readonly #acceptor: SocketAcceptor;
  /** Given up for a moment where the process has no descriptor left, so that a client can be refused. */
  #spare: Descriptor | undefined;
  readonly #failures = new Seldom();
  /** While accepting is paused. */
  #pause: Timer | undefined;

  private constructor(
    kernel: Kernel,
    descriptor: Descriptor,
    acceptor: SocketAcceptor,
    address: Address,
  ) {
    this.#kernel = kernel;
    this.#descriptor = descriptor;
    this.#acceptor = acceptor;
    this.address = address;
    this.#spare = openSpare(kernel);
    check(kernel.poller.watch(descriptor, this, EPOLLIN), 'epoll_ctl');
  }

  /**
   * Binds an address, which is an IP literal or a path, and listens.
   * @throws Error with the code of the call that failed.
   */
  static bind(
    kernel: Kernel,
    address: Address,
    options: ListenOptions,
    acceptor: SocketAcceptor,
  ): ListeningSocket {
    const { libc, address: encoded } = kernel;
    const socket = openSocket(kernel, address);
    try {
      if (address.kind === 'tcp') prepareTcp(kernel, socket, address, options);
      if (!encoded.set(address)) throw systemError(EADDRNOTAVAIL, 'bind', address);
      check(libc.bind(socket, encoded.memory, encoded.length), 'bind', address);
      check(libc.listen(socket, backlog), 'listen', address);
      return new ListeningSocket(kernel, socket, acceptor, boundAddress(kernel, socket) ?? address);
    } catch (error) {
      kernel.close(socket);
      throw error;
    }
  }

  /**
   * Listens on a descriptor that this process was started with, and which is the caller's no more.
   * @throws Error with code EINVAL where it is no stream socket, EADDRNOTAVAIL where it has no name.
   */
  static adopt(kernel: Kernel, descriptor: Descriptor, acceptor: SocketAcceptor): ListeningSocket {
    const { libc } = kernel;
    check(libc.takeOver(descriptor), 'fcntl');
    if (check(libc.getOption(descriptor, SOL_SOCKET, SO_ACCEPTCONN), 'getsockopt') === 0) {
      check(libc.listen(descriptor, backlog), 'listen');
    }
    const address = boundAddress(kernel, descriptor);
    if (!address) throw systemError(EADDRNOTAVAIL, 'getsockname');
    return new ListeningSocket(kernel, descriptor, acceptor, address);
  }

  /**
   * Watched by level: whoever is not accepted in this turn is told of again. One client a turn, because the
   * watch for loops tells clients from a loop by when they come.
   */
  ready(): void {
    const client = this.#kernel.libc.accept(this.#descriptor);
    if (typeof client !== 'number') {
      this.#acceptor.accepted(new KernelSocket(this.#kernel, client, this.address.kind === 'tcp'));
    } else if (!passing.has(client)) this.#failed(client);
  }

  configure(options: TcpOptions): void {
    if (this.address.kind === 'tcp') this.#kernel.configureTcp(this.#descriptor, options);
  }

  close(): void {
    this.#pause?.cancel();
    if (this.#descriptor.isOpen) this.#kernel.close(this.#descriptor);
    if (this.#spare?.isOpen) this.#kernel.close(this.#spare);
  }

  /** A client that cannot be accepted, or refused, would be told of in each turn: it waits for a moment. */
  #failed(errno: number): void {
    if (this.#failures.isDue()) this.#acceptor.failed(systemError(errno, 'accept'));
    if ((errno === EMFILE || errno === ENFILE) && this.#refuseOne()) return;
    const { poller, clock } = this.#kernel;
    poller.setEvents(this.#descriptor, 0);
    this.#pause = clock.setTimer(pauseMs, () => poller.setEvents(this.#descriptor, EPOLLIN));
  }

  /** By a descriptor kept for that: accepts a client and resets it. Returns whether it could. */
  #refuseOne(): boolean {
    const { libc } = this.#kernel;
    if (this.#spare) libc.close(this.#spare);
    const client = libc.accept(this.#descriptor);
    const isAccepted = typeof client !== 'number';
    if (isAccepted) {
      libc.lingerNot(client);
      libc.close(client);
    }
    this.#spare = openSpare(this.#kernel);
    return isAccepted;
  }
}

/** Somebody was faster, or the client has left: nothing to be told. */
const passing: ReadonlySet<number> = new Set([EAGAIN, EINTR, ECONNABORTED, EPROTO]);

const EADDRNOTAVAIL = -99;

function openSocket({ libc }: Kernel, address: Address): Descriptor {
  const socket = libc.socket(familyOf(address));
  if (typeof socket === 'number') throw systemError(socket, 'socket', address);
  return socket;
}

function openSpare({ libc }: Kernel): Descriptor | undefined {
  const spare = libc.socket(AF_UNIX);
  return typeof spare === 'number' ? undefined : spare;
}

/** Clients inherit the options of TCP from the socket that they were accepted by. `::` takes IPv4 as well. */
function prepareTcp(
  kernel: Kernel,
  socket: Descriptor,
  { host }: { readonly host: string },
  options: ListenOptions,
): void {
  const { libc } = kernel;
  check(libc.setOption(socket, SOL_SOCKET, SO_REUSEADDR, 1), 'setsockopt');
  kernel.configureTcp(socket, options);
  if (host === '' || host.includes(':')) libc.setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (options.freebind) check(libc.setOption(socket, IPPROTO_IP, IP_FREEBIND, 1), 'setsockopt');
}

function boundAddress({ libc, address }: Kernel, socket: Descriptor): Address | undefined {
  const length = check(libc.getsockname(socket, address.memory), 'getsockname');
  const name = address.name(length);
  if (name) return { kind: 'tcp', host: name.host, port: name.port };
  const path = address.path(length);
  return path === undefined ? undefined : { kind: 'unix', path };
}

/** @throws Error for a negative errno. */
function check(status: number, call: string, subject?: Address): number {
  if (status < 0) throw systemError(status, call, subject);
  return status;
}
