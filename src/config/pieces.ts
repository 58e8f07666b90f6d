import type { Config, GatewayConfig } from '../model/config.js';
import type { Endpoint } from '../model/endpoint.js';
import { portionSize } from '../model/portions.js';
import { deepFreeze } from './freeze.js';
import type { ParsedConfig } from './parse.js';

/**
 * What a thread hands over at a time: copying all of a long configuration in one turn of the event loop,
 * and freezing it, would hold up the sessions.
 */
export type Piece =
  | { readonly kind: 'endpoints'; readonly endpoints: readonly Endpoint[] }
  /** Without their endpoints, which have all come before, in order: so many for each. */
  | {
      readonly kind: 'gateways';
      readonly gateways: readonly GatewayConfig[];
      readonly counts: readonly number[];
    }
  /** The last one, without the gateways. */
  | { readonly kind: 'rest'; readonly parsed: ParsedConfig };

/** With all its settings one is as much as a dozen endpoints. */
const gatewaysAtOnce = Math.floor(portionSize / 12);

/** Cuts a result into pieces that `Assembly` puts together again. */
export function* piecesOf(parsed: ParsedConfig): Generator<Piece, undefined> {
  if (parsed.kind === 'invalid') {
    yield { kind: 'rest', parsed };
    return;
  }
  const { gateways } = parsed.config;
  const endpoints = gateways.flatMap((gateway) => gateway.endpoints);
  for (let from = 0; from < endpoints.length; from += portionSize) {
    yield { kind: 'endpoints', endpoints: endpoints.slice(from, from + portionSize) };
  }
  for (let from = 0; from < gateways.length; from += gatewaysAtOnce) {
    const some = gateways.slice(from, from + gatewaysAtOnce);
    yield {
      kind: 'gateways',
      gateways: some.map((gateway) => ({ ...gateway, endpoints: [] })),
      counts: some.map((gateway) => gateway.endpoints.length),
    };
  }
  yield { kind: 'rest', parsed: { kind: 'config', config: { ...parsed.config, gateways: [] } } };
}

/** Puts the pieces together, in the order in which they were cut. */
export class Assembly {
  readonly #endpoints: Endpoint[] = [];
  readonly #gateways: GatewayConfig[] = [];
  /** Endpoints that have found their gateway. */
  #placed = 0;

  /** The whole result, frozen again, with the last piece; undefined before. */
  take(piece: Piece): ParsedConfig | undefined {
    switch (piece.kind) {
      case 'endpoints':
        for (const endpoint of piece.endpoints) this.#endpoints.push(deepFreeze(endpoint));
        return undefined;
      case 'gateways':
        piece.gateways.forEach((gateway, index) => this.#add(gateway, piece.counts[index] ?? 0));
        return undefined;
      case 'rest':
        return this.#complete(piece.parsed);
    }
  }

  #add(gateway: GatewayConfig, count: number): void {
    const endpoints = Object.freeze(this.#endpoints.slice(this.#placed, this.#placed + count));
    this.#placed += count;
    this.#gateways.push(Object.freeze({ ...deepFreeze(gateway), endpoints }));
  }

  #complete(parsed: ParsedConfig): ParsedConfig {
    if (parsed.kind === 'invalid') return deepFreeze(parsed);
    const gateways = Object.freeze(this.#gateways);
    const config: Config = Object.freeze({ ...deepFreeze(parsed.config), gateways });
    return Object.freeze({ kind: 'config', config });
  }
}
