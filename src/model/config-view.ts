import { formatAddress, type Address } from './address.js';
import type { Config, GatewayConfig } from './config.js';
import type { ProcessSettings } from './desired-state.js';
import { formatDuration } from './duration.js';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Configurations are frozen, so that one look is enough. */
const views = new WeakMap<Config, JsonObject>();

/** The running configuration in the words of the file: kebab-case keys, durations with units. */
export function viewConfig(config: Config): JsonObject {
  const view = views.get(config) ?? buildView(config);
  views.set(config, view);
  return view;
}

function buildView(config: Config): JsonObject {
  const { gateways, admin, ...rest } = config;
  const entries = gateways.map((gateway): [string, Json] => [gateway.name, viewGateway(gateway)]);
  return {
    gateways: Object.fromEntries(entries),
    ...viewProcess({ ...rest, admin }),
  };
}

/** Settings that belong to no gateway, in the words of the file. */
export function viewProcess({ admin, ...rest }: ProcessSettings): JsonObject {
  const { listen = 'off', others = [], ...more } = admin;
  const all = [listen, ...others.map((other) => other.listen ?? 'off')];
  return viewObject({ ...rest, admin: { listen: all.length > 1 ? all : listen, ...more } });
}

function viewGateway(gateway: GatewayConfig): JsonObject {
  const { listen, endpoints, srvDiscovery, memberDiscovery, settings } = gateway;
  const discovery = srvDiscovery && {
    discoverySrv: srvDiscovery.domain,
    discoverySrvName: srvDiscovery.serviceName,
    insecureDiscovery: srvDiscovery.insecure,
    trustedCaFile: srvDiscovery.trustedCaFile,
  };
  return viewObject({ listen, endpoints, ...discovery, memberDiscovery, ...settings });
}

/** A part of a configuration in the words of the file. */
export function viewObject(value: object): JsonObject {
  const entries = Object.entries(value)
    .filter(([key, inner]) => inner !== undefined && !notInFile.has(key))
    .map(([key, inner]): [string, Json] => [viewKey(key), viewValue(key, inner)]);
  return Object.fromEntries(entries);
}

/** What the model knows beside the values of the file. */
const notInFile = new Set(['explicit', 'taken', 'isTimeoutWritten', 'isFromAfar']);

/** A key of the model as the file spells it: `retryDelayMs` is `retry-delay`. */
export function viewKey(key: string): string {
  const named = renamed.get(key) ?? key.replace(/(Ms|Ratio)$/, '');
  return named.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Keys whose name in the file is not the model's. */
const renamed = new Map([
  ['listen', 'listenAddr'],
  ['address', 'addr'],
  ['userTimeoutMs', 'tcpUserTimeout'],
  ['freebind', 'listenFreebind'],
]);

function viewValue(key: string, value: unknown): Json {
  if (Array.isArray(value)) return value.map((item: unknown) => viewValue(key, item));
  if (isAddress(value)) return formatAddress(value);
  if (typeof value === 'object' && value !== null) return viewObject(value);
  if (typeof value === 'number') return viewNumber(key, value);
  return typeof value === 'boolean' ? value : String(value);
}

function viewNumber(key: string, value: number): Json {
  if (key.endsWith('Ms')) return formatDuration(value);
  if (key.endsWith('Ratio')) return `${+(value * 100).toFixed(3)}%`;
  return key === 'listenMode' ? `0${value.toString(8)}` : value;
}

function isAddress(value: unknown): value is Address {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return value.kind === 'tcp' || value.kind === 'unix';
}
