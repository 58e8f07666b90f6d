import { cpuMs, processTree } from './accounting.js';
import type { Owner } from './owner.js';
import { type ProxyKind, startProxy } from './proxies.js';

/** A way to an endpoint: directly, or through a proxy whose CPU time is read. */
export interface Path {
  readonly name: string;
  readonly port: number;
  /** Of the proxy; undefined: there is none between. */
  readonly pid: number | undefined;
}

/** Directly first, then through each proxy. */
export async function openPaths(
  owner: Owner,
  kinds: readonly ProxyKind[],
  endpoint: number,
): Promise<Path[]> {
  const paths: Path[] = [{ name: 'directly', port: endpoint, pid: undefined }];
  for (const kind of kinds) {
    const { name, port, child } = await startProxy(owner, kind, endpoint);
    paths.push({ name, port, pid: child.pid });
  }
  return paths;
}

/** CPU time of the proxy so far, in ms; NaN where there is none. */
export function proxyCpuMs({ pid }: Path): number {
  return pid === undefined ? Number.NaN : cpuMs(processTree(pid));
}
