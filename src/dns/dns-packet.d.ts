/** The part of dns-packet that is used here; the package brings no types of its own. */
declare module 'dns-packet' {
  export interface Question {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
  }

  /** `data` depends on the type and is whatever the packet says: look before you trust it. */
  export interface ResourceRecord {
    readonly name: string;
    readonly type: string;
    readonly class?: string;
    readonly ttl?: number;
    readonly data?: unknown;
    readonly udpPayloadSize?: number;
  }

  export interface Packet {
    readonly id?: number;
    readonly type?: 'query' | 'response';
    readonly flags?: number;
    readonly questions?: readonly Question[];
    readonly answers?: readonly ResourceRecord[];
    readonly authorities?: readonly ResourceRecord[];
    readonly additionals?: readonly ResourceRecord[];
  }

  export interface DecodedPacket extends Required<Packet> {
    readonly opcode: string;
    readonly rcode: string;
    readonly flag_aa: boolean;
    readonly flag_tc: boolean;
    readonly flag_ra: boolean;
  }

  export function encode(packet: Packet): Buffer;
  export const decode: {
    /** @throws on names that end outside the packet or point in circles. */
    (bytes: Buffer): DecodedPacket;
    /** How many bytes the latest packet claimed, which may be more than there were. */
    readonly bytes: number;
  };
  export const RECURSION_DESIRED: number;
  export const TRUNCATED_RESPONSE: number;
  export const AUTHORITATIVE_ANSWER: number;
  export const RECURSION_AVAILABLE: number;
}
