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
  /** The last one. The endpoints of all gateways have come before, in order. */
  | { readonly kind: 'rest'; readonly parsed: ParsedConfig; readonly counts: readonly number[] };

/** Cuts a result into pieces that `Assembly` puts together again. */
export function* piecesOf(parsed: ParsedConfig): Generator<Piece, undefined> {
  if (parsed.kind === 'invalid') {
    yield { kind: 'rest', parsed, counts: [] };
    return;
  }
  const { gateways } = parsed.config;
  const endpoints = gateways.flatMap((gateway) => gateway.endpoints);
  for (let from = 0; from < endpoints.length; from += portionSize) {
    yield { kind: 'endpoints', endpoints: endpoints.slice(from, from + portionSize) };
  }
  const config = { ...parsed.config, gateways: gateways.map((one) => ({ ...one, endpoints: [] })) };
  const counts = gateways.map((gateway) => gateway.endpoints.length);
  yield { kind: 'rest', parsed: { kind: 'config', config }, counts };
}

/** Puts the pieces together, in the order in which they were cut. */
export class Assembly {
  readonly #endpoints: Endpoint[] = [];

  /** The whole result, frozen again, with the last piece; undefined before. */
  take(piece: Piece): ParsedConfig | undefined {
    if (piece.kind === 'endpoints') {
      for (const endpoint of piece.endpoints) this.#endpoints.push(deepFreeze(endpoint));
      return undefined;
    }
    const { parsed, counts } = piece;
    if (parsed.kind === 'invalid') return deepFreeze(parsed);
    return Object.freeze({ kind: 'config', config: this.#complete(parsed.config, counts) });
  }

  #complete(config: Config, counts: readonly number[]): Config {
    let from = 0;
    const gateways = deepFreeze(config.gateways).map((gateway, index): GatewayConfig => {
      const start = from;
      from += counts[index] ?? 0;
      const endpoints = Object.freeze(this.#endpoints.slice(start, from));
      return Object.freeze({ ...gateway, endpoints });
    });
    return Object.freeze({ ...deepFreeze(config), gateways: Object.freeze(gateways) });
  }
}
