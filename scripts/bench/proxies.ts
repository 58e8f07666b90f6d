import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchOptions } from './options.js';
import type { Owner } from './owner.js';
import { profileFolder } from './profile.js';
import { accepting, type Child, freePort, startChild } from './processes.js';
import { isInstalled, nodeBinary, outputOf, ownProgram, type Tools } from './tools.js';

/** Where a proxy is to listen, what it serves, and where its files may go. */
export interface Route {
  readonly port: number;
  readonly endpoint: number;
  /** Path of a configuration file that is free for it. */
  readonly file: string;
}

export interface ProxyKind {
  readonly name: string;
  /** What Debian has it in. */
  readonly debian?: string;
  /** Undefined: not installed. */
  version(): Promise<string | undefined>;
  /** The text of its configuration file, where it has one. */
  configure?(route: Route): string;
  command(route: Route): readonly string[];
}

export interface RunningProxy {
  readonly name: string;
  readonly port: number;
  readonly child: Child;
  /** From exec to the first accepted connection. */
  readonly startedInMs: number;
}

export async function startProxy(
  owner: Owner,
  kind: ProxyKind,
  endpoint: number,
): Promise<RunningProxy> {
  const folder = await owner.temporaryFolder();
  const route = { port: await freePort(), endpoint, file: join(folder, 'proxy.conf') };
  const text = kind.configure?.(route);
  if (text !== undefined) await writeFile(route.file, text);
  const [command = '', ...args] = kind.command(route);
  const begin = performance.now();
  const child = startChild(owner, command, args);
  await accepting(route.port, child);
  const startedInMs = performance.now() - begin;
  return { name: kind.name, port: route.port, child, startedInMs };
}

export async function proxyKinds(options: BenchOptions, tools: Tools): Promise<ProxyKind[]> {
  const nodes = options.nodes.length > 0 ? options.nodes : [process.execPath];
  const binaries = await Promise.all(nodes.map(nodeBinary));
  return [
    ...nodes.map((node, i) =>
      ours(i === 0 ? 'ours' : `ours@${node}`, binaries[i] ?? '', options.profile),
    ),
    etcdGateway,
    haproxy,
    nginx,
    floor(tools),
    ...options.also.map((text) => otherCommand(text, options.profile)),
  ].filter(
    ({ name }) => options.only.length === 0 || options.only.includes(name.replace(/@.*/, '')),
  );
}

const profileFlags = ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];

export function ours(name: string, node: string, profile: boolean): ProxyKind {
  const flags = profile ? profileFlags : [];
  return {
    name,
    version: async () => {
      if (!existsSync(ownProgram)) return undefined;
      const own = await outputOf(node, [ownProgram, '--version']);
      return `${own} on Node ${await outputOf(node, ['--version'])}`;
    },
    configure: oursFile,
    command: ({ file }) => [node, ...flags, ownProgram, 'start', '--config', file],
  };
}

/** What can cost on the data path is on: limits, timeouts and the allow list beside the counters. */
export function oursFile({ port, endpoint, file }: Route): string {
  return `gateways:
  bench:
    listen-addr: 127.0.0.1:${port}
    endpoints: ["127.0.0.1:${endpoint}"]
    max-sessions: 9000
    idle-timeout: 1h
    max-session-age: 24h
    allow: [127.0.0.0/8]
log: { level: warn, format: json }
admin: { listen-addr: "unix:${file}.sock" }
`;
}

export const etcdGateway: ProxyKind = {
  name: 'etcd-gateway-go',
  debian: 'etcd-server',
  version: () => versionOf('etcd', '--version', /Version: (\S+)/),
  command: ({ port, endpoint }) => [
    ...['etcd', 'gateway', 'start'],
    ...[`--listen-addr=127.0.0.1:${port}`, `--endpoints=127.0.0.1:${endpoint}`],
  ],
};

export const haproxy: ProxyKind = {
  name: 'haproxy',
  debian: 'haproxy',
  version: () => versionOf('haproxy', '-v', /version (\S+)/),
  configure: ({ port, endpoint }) => `global
  maxconn 9000
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen bench
  bind 127.0.0.1:${port}
  server one 127.0.0.1:${endpoint}
`,
  command: ({ file }) => ['haproxy', '-db', '-f', file],
};

const streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so';

export const nginx: ProxyKind = {
  name: 'nginx',
  debian: 'nginx libnginx-mod-stream',
  version: async () => {
    if (!existsSync(streamModule)) return undefined;
    return versionOf('nginx', '-v', /nginx\/(\S+)/);
  },
  configure: ({ port, endpoint, file }) => `load_module ${streamModule};
daemon off;
worker_processes 1;
pid ${file}.pid;
error_log stderr crit;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 19000; }
stream {
  server {
    listen 127.0.0.1:${port} backlog=4096;
    proxy_pass 127.0.0.1:${endpoint};
    proxy_timeout 1h;
  }
}
`,
  command: ({ file }) => ['nginx', '-c', file],
};

function floor(tools: Tools): ProxyKind {
  return {
    name: 'floor',
    version: () => Promise.resolve('bare epoll loop'),
    command: ({ port, endpoint }) => [tools.floor, String(port), String(endpoint)],
  };
}

/** `NAME=COMMAND` with `{listen}` and `{endpoint}` for the ports: a prototype beside the rest. */
function otherCommand(text: string, profile: boolean): ProxyKind {
  const [name = '', ...rest] = text.split('=');
  const words = rest.join('=').trim().split(/\s+/);
  if (profile && words[0] === 'node') words.splice(1, 0, ...profileFlags);
  return {
    name,
    version: () => Promise.resolve(words.join(' ')),
    command: ({ port, endpoint }) =>
      words.map((w) => w.replace('{listen}', `${port}`).replace('{endpoint}', `${endpoint}`)),
  };
}

async function versionOf(
  program: string,
  flag: string,
  pattern: RegExp,
): Promise<string | undefined> {
  if (!isInstalled(program)) return undefined;
  return pattern.exec(await outputOf(program, [flag]))?.[1] ?? 'unknown';
}
