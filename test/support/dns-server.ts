import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  TRUNCATED_RESPONSE,
  type DecodedPacket,
  type Packet,
  type ResourceRecord,
} from 'dns-packet';

import { freePort } from './ports.js';

export type Transport = 'udp' | 'tcp';

/** What a server sends to one query: packets in order, raw bytes, or nothing at all. */
export type Responder = (
  query: DecodedPacket,
  transport: Transport,
) => readonly Buffer[] | Promise<readonly Buffer[]>;

export interface Asked {
  readonly name: string;
  readonly type: string;
  readonly transport: Transport;
  readonly edns: boolean;
}

/** Where a server listens; by default on a free port of 127.0.0.1. */
export interface Where {
  readonly host?: string;
  readonly port?: number;
}

/** A DNS server on a free loopback port, over UDP and TCP, that says what a test tells it to. */
export class DnsTestServer {
  readonly asked: Asked[] = [];
  respond: Responder;
  /** Whether it closes each TCP connection instead of answering over it. */
  hangsUp = false;
  /** Where the latest query over UDP came from. */
  lastPeerPort = 0;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();

  private constructor(respond: Responder, udp: UdpSocket, tcp: Server) {
    this.respond = respond;
    this.#udp = udp;
    this.#tcp = tcp;
    udp.on('message', (bytes, from) => void this.#overUdp(bytes, from));
    tcp.on('connection', (socket) => this.#overTcp(socket));
  }

  static async start(respond: Responder, at: Where = {}): Promise<DnsTestServer> {
    const { host = '127.0.0.1', port = await freePort() } = at;
    const tcp = createServer().listen(port, host);
    await once(tcp, 'listening');
    const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    udp.bind(port, host);
    await once(udp, 'listening');
    return new DnsTestServer(respond, udp, tcp);
  }

  /** As `dns.servers` wants it. */
  get address(): string {
    return `127.0.0.1:${portOf(this.#tcp)}`;
  }

  /** How often a name was asked for. */
  times(name: string, type: string): number {
    return this.asked.filter((each) => each.name === name && each.type === type).length;
  }

  /** Sends bytes that nobody asked this server for. */
  async sendFrom(bytes: Buffer, port: number): Promise<void> {
    await new Promise((sent) => this.#udp.send(bytes, port, '127.0.0.1', sent));
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#udp.close();
    this.#tcp.close();
    await once(this.#tcp, 'close');
  }

  async #overUdp(bytes: Buffer, from: RemoteInfo): Promise<void> {
    this.lastPeerPort = from.port;
    for (const packet of await this.#responses(bytes, 'udp')) {
      this.#udp.send(packet, from.port, from.address);
    }
  }

  #overTcp(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    if (this.hangsUp) socket.end();
    socket.on('data', (bytes) => void this.#answerOver(socket, bytes.subarray(2)));
  }

  async #answerOver(socket: Socket, query: Buffer): Promise<void> {
    for (const packet of await this.#responses(query, 'tcp')) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(packet.length);
      if (!socket.destroyed) socket.write(Buffer.concat([length, packet]));
    }
  }

  async #responses(bytes: Buffer, transport: Transport): Promise<readonly Buffer[]> {
    const query = decode(bytes);
    const [question] = query.questions;
    this.asked.push({
      name: question?.name ?? '',
      type: question?.type ?? '',
      transport,
      edns: query.additionals.some(({ type }) => type === 'OPT'),
    });
    return await this.respond(query, transport);
  }
}

/** A well-formed, authoritative reply to the query. */
export function reply(
  query: DecodedPacket,
  parts: Packet & { readonly rcode?: number } = {},
): Buffer {
  const { rcode = 0, flags = AUTHORITATIVE_ANSWER, ...rest } = parts;
  return encode({
    type: 'response',
    id: query.id,
    flags: flags | rcode,
    questions: query.questions,
    ...rest,
  });
}

export const rcodes = { formerr: 1, servfail: 2, nxdomain: 3, notimp: 4, refused: 5 } as const;

/** "Ask over TCP." */
export function truncated(query: DecodedPacket): Buffer {
  return reply(query, { flags: AUTHORITATIVE_ANSWER | TRUNCATED_RESPONSE });
}

export function silence(): readonly Buffer[] {
  return [];
}

export function a(name: string, address: string, ttl = 60): ResourceRecord {
  return { name, type: 'A', class: 'IN', ttl, data: address };
}

export function aaaa(name: string, address: string, ttl = 60): ResourceRecord {
  return { name, type: 'AAAA', class: 'IN', ttl, data: address };
}

export function cname(name: string, target: string, ttl = 60): ResourceRecord {
  return { name, type: 'CNAME', class: 'IN', ttl, data: target };
}

export function srv(
  name: string,
  target: string,
  port: number,
  { ttl = 60, priority = 0, weight = 0 } = {},
): ResourceRecord {
  return { name, type: 'SRV', class: 'IN', ttl, data: { target, port, priority, weight } };
}

export function soa(name: string, ttl: number, minimum: number): ResourceRecord {
  const data = {
    mname: `ns.${name}`,
    rname: `root.${name}`,
    serial: 1,
    refresh: 60,
    retry: 60,
    expire: 60,
    minimum,
  };
  return { name, type: 'SOA', class: 'IN', ttl, data };
}

/** Records that a test may change at run time; a name without any is NXDOMAIN. */
export class Zone {
  records: readonly ResourceRecord[];

  constructor(records: readonly ResourceRecord[] = []) {
    this.records = records;
  }

  readonly respond: Responder = (query) => {
    const [question] = query.questions;
    const named = this.records.filter(({ name }) => name === question?.name);
    if (named.length === 0) return [reply(query, { rcode: rcodes.nxdomain })];
    return [reply(query, { answers: named.filter(({ type }) => type === question?.type) })];
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
