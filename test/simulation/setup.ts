import type { Dice } from './dice.js';
import { srvDomain } from './dns-world.js';

/** What the simulated user has written. */
export interface Setup {
  readonly watch: boolean;
  readonly gateways: readonly GatewaySetup[];
}

export interface GatewaySetup {
  readonly name: string;
  readonly follows: 'file' | 'srv' | 'members' | 'srv and members';
  /** `host:port` each. */
  readonly endpoints: readonly string[];
  readonly settings: readonly string[];
}

/** A new wish for both gateways, of which the second is not always there. */
export function anySetup(dice: Dice, endpoints: readonly string[]): Setup {
  const names = dice.chance(0.7) ? ['main', 'spare'] : ['main'];
  return {
    watch: dice.chance(0.3),
    gateways: names.map((name) => anyGateway(dice, name, endpoints)),
  };
}

/** The same wishes with these endpoints where endpoints are written. */
export function withEndpoints(setup: Setup, endpoints: readonly string[]): Setup {
  const gateways = setup.gateways.map((gateway) => ({
    ...gateway,
    endpoints: gateway.endpoints.length > 0 ? endpoints : [],
  }));
  return { ...setup, gateways };
}

function anyGateway(dice: Dice, name: string, endpoints: readonly string[]): GatewaySetup {
  const follows = dice.pick(['file', 'srv', 'srv', 'members', 'srv and members']);
  const needsSeeds = follows === 'file' || follows === 'members';
  const settings = [
    `retry-delay: ${dice.pick(['1s', '10s', '1m', '2m'])}`,
    `balancer: ${dice.pick(['round-robin', 'least-sessions', 'random-two'])}`,
    `on-eject: ${dice.pick(['keep', 'close'])}`,
    `drain-timeout: ${dice.pick(['0s', '30s', '5m'])}`,
    `slow-start: ${dice.pick(['0s', '30s'])}`,
    `health-check: ${healthCheck(dice)}`,
  ];
  return { name, follows, endpoints: needsSeeds || dice.chance(0.3) ? endpoints : [], settings };
}

function healthCheck(dice: Dice): string {
  const type = dice.pick(['none', 'tcp', 'etcd']);
  const interval = dice.pick(['20s', '1m']);
  return `{ type: ${type}, interval: ${interval}, rise: ${1 + dice.below(2)}, fall: ${1 + dice.below(3)} }`;
}

export function render({ watch, gateways }: Setup): string {
  return [
    `dns: { servers: ['192.0.2.53:53'], max-ttl: 5m }`,
    `reload: { watch: ${watch} }`,
    'admin: { listen-addr: off }',
    'gateways:',
    ...gateways.flatMap(renderGateway),
    '',
  ].join('\n');
}

function renderGateway({ name, follows, endpoints, settings }: GatewaySetup, at: number): string[] {
  const srv = [`discovery-srv: ${srvDomain}`, 'insecure-discovery: true'];
  return [
    `  ${name}:`,
    ...[
      `listen-addr: 127.0.0.1:${23790 + at}`,
      ...(endpoints.length > 0 ? [`endpoints: ['${endpoints.join("', '")}']`] : []),
      ...(follows.startsWith('srv') ? srv : []),
      ...(follows.endsWith('members') ? ['member-discovery: { interval: 1m }'] : []),
      ...settings,
    ].map((line) => `    ${line}`),
  ];
}
