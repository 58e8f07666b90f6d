import { rename, writeFile } from 'node:fs/promises';
import type { Owner } from './owner.js';
import { accepting, type Child, startChild } from './processes.js';
import { etcdGateway, haproxy, nginx, oursFile, type ProxyKind, type Route } from './proxies.js';

/** A proxy as its operator would run it, and what he would do after changing an endpoint. */
export interface ReloadCase {
  readonly name: string;
  readonly kind: ProxyKind;
  /** Makes the stand's route come true. */
  readonly reload: (stand: Stand) => Promise<void>;
}

export interface Stand {
  readonly owner: Owner;
  readonly kind: ProxyKind;
  child: Child;
  route: Route;
}

/** Those that can be asked to change, of the proxies at hand. */
export function reloadCases(kinds: readonly ProxyKind[]): ReloadCase[] {
  return kinds.flatMap((kind): ReloadCase[] => {
    if (kind.name.startsWith('ours')) return oursCases(kind);
    if (kind.name === haproxy.name) return [haproxyCase];
    if (kind.name === nginx.name) return [{ ...signalled(kind, 'SIGHUP'), name: 'nginx, HUP' }];
    if (kind.name === etcdGateway.name) return [restarted(kind)];
    return [];
  });
}

export async function startStand(owner: Owner, kind: ProxyKind, route: Route): Promise<Stand> {
  return { owner, kind, route, child: await launch(owner, kind, route) };
}

function oursCases(kind: ProxyKind): ReloadCase[] {
  const deaf: ProxyKind = {
    ...kind,
    configure: (route) => `${oursFile(route)}reload: { watch: false }\n`,
  };
  const hasty: ProxyKind = {
    ...kind,
    configure: (route) => `${oursFile(route)}reload: { quiet-period: 10ms }\n`,
  };
  return [
    { name: `${kind.name}, file saved`, kind, reload: writeRoute },
    { name: `${kind.name}, saved, quiet 10 ms`, kind: hasty, reload: writeRoute },
    { ...signalled(deaf, 'SIGHUP'), name: `${kind.name}, HUP` },
  ];
}

/** Master and worker, with the listening sockets handed on: its way to lose no connect. */
const haproxyCase: ReloadCase = {
  ...signalled(
    {
      ...haproxy,
      configure: (route) =>
        (haproxy.configure?.(route) ?? '').replace(
          'global\n',
          `global\n  stats socket ${route.file}.sock expose-fd listeners\n`,
        ),
      command: ({ file }) => ['haproxy', '-W', '-db', '-f', file],
    },
    'SIGUSR2',
  ),
  name: 'haproxy, master-worker',
};

function signalled(kind: ProxyKind, signal: NodeJS.Signals): ReloadCase {
  return {
    name: kind.name,
    kind,
    reload: async (stand) => {
      await writeRoute(stand);
      stand.child.signal(signal);
    },
  };
}

function restarted(kind: ProxyKind): ReloadCase {
  return {
    name: `${kind.name}, restart`,
    kind,
    reload: async (stand) => {
      await stand.child.stop();
      stand.child = await launch(stand.owner, stand.kind, stand.route);
    },
  };
}

async function launch(owner: Owner, kind: ProxyKind, route: Route): Promise<Child> {
  await writeText(kind, route);
  const [command = '', ...args] = kind.command(route);
  const child = startChild(owner, command, args);
  await accepting(route.port, child);
  return child;
}

function writeRoute({ kind, route }: Stand): Promise<void> {
  return writeText(kind, route);
}

/** As editors and config management do: another file, renamed over the old one. */
async function writeText(kind: ProxyKind, route: Route): Promise<void> {
  const text = kind.configure?.(route);
  if (text === undefined) return;
  await writeFile(`${route.file}.next`, text);
  await rename(`${route.file}.next`, route.file);
}
