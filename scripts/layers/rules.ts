/** A folder of `src`, or one of its files. */
export type Layer =
  | 'cli'
  | 'config'
  | 'data-path'
  | 'dns'
  | 'etcd'
  | 'gateway-process.ts'
  | 'gateway.ts'
  | 'kernel'
  | 'main.ts'
  | 'model'
  | 'observe'
  | 'pool'
  | 'proxy'
  | 'reconcile'
  | 'sources';

export interface LayerRule {
  /** Layers it may import, beside itself and `model`. */
  readonly may: readonly Layer[];
  /** Why it may import no other. */
  readonly otherwise: string;
}

const everything: readonly Layer[] = [
  'config',
  'data-path',
  'dns',
  'etcd',
  'kernel',
  'observe',
  'pool',
  'proxy',
  'reconcile',
  'sources',
];

/** Data flows one way: sources, desired state, plan, pool, data path. */
export const layers: Readonly<Record<Layer, LayerRule>> = {
  model: {
    may: [],
    otherwise: 'values and ports know nobody, so that everybody may know them',
  },
  config: {
    may: [],
    otherwise: 'what a file says is decided by its bytes alone, not by what runs',
  },
  kernel: {
    may: [],
    otherwise: 'it makes system calls for others, and knows nothing of what they are for',
  },
  dns: {
    may: [],
    otherwise: 'asking for names is of use to sources and pool only if it knows neither',
  },
  etcd: {
    may: [],
    otherwise: 'talking to an etcd member is of use to sources and pool only if it knows neither',
  },
  sources: {
    may: ['config', 'dns', 'etcd', 'kernel'],
    otherwise:
      'a source answers with snapshots and never sees what is done with them; of the kernel it asks who has a file open',
  },
  reconcile: {
    may: [],
    otherwise:
      'it decides on values and acts through ports, so that it is testable without sockets',
  },
  pool: {
    may: ['etcd'],
    otherwise: 'membership comes in by a plan, never by asking the sources or the configuration',
  },
  proxy: {
    may: ['kernel', 'pool'],
    otherwise: 'the data path reads a picker; it never waits for configuration or a reconcile run',
  },
  'data-path': {
    may: ['kernel', 'pool', 'proxy'],
    otherwise: 'it runs on a thread of its own, and only plain data crosses',
  },
  observe: {
    may: ['kernel'], // for the admin server's unix socket
    otherwise: 'those who look on take events and views, so that nobody depends on being watched',
  },
  'gateway-process.ts': {
    may: everything,
    otherwise: 'it runs what the composition root has made, and makes nothing',
  },
  'gateway.ts': {
    may: [...everything, 'gateway-process.ts'],
    otherwise: 'the composition root is called by commands and knows none of them',
  },
  cli: {
    may: [...everything, 'gateway-process.ts', 'gateway.ts'],
    otherwise: 'commands are called by main.ts, which owns the process',
  },
  'main.ts': {
    may: [...everything, 'gateway.ts', 'cli'],
    otherwise: 'nothing lies above it',
  },
};

export interface Fence {
  /** Where it may be imported. */
  readonly only: RegExp;
  readonly otherwise: string;
}

const noOtherCalls =
  'a wrong call ends the process; only kernel/libc makes any, and checks what it is given';

/** Third-party packages; one that is not listed may be imported nowhere in `src`. */
export const fences: Readonly<Record<string, Fence>> = {
  winston: {
    only: /^src\/observe\/log\//,
    otherwise: 'others emit events; only observe/log decides that one becomes a log line',
  },
  'prom-client': {
    only: /^src\/observe\/metrics\//,
    otherwise:
      'others emit events and views; only observe/metrics decides that one becomes a metric',
  },
  ajv: {
    only: /^src\/config\//,
    otherwise: 'past config every value is valid and typed',
  },
  yaml: {
    only: /^src\/config\//,
    otherwise: 'past config there is no file format',
  },
  uplot: {
    only: /^src\/observe\/page\//,
    otherwise: 'it draws in the browser; the program itself never loads it',
  },
  chokidar: {
    only: /^src\/sources\/file/,
    otherwise: 'watching a file is one source; its pitfalls stay in one place',
  },
  '@koromix/koffi-linux-x64': {
    only: /^src\/kernel\/libc\//,
    otherwise: noOtherCalls,
  },
  '@koromix/koffi-linux-arm64': {
    only: /^src\/kernel\/libc\//,
    otherwise:
      'a wrong call ends the process; only kernel/libc makes any, and checks its arguments',
  },
  'dns-packet': {
    only: /^src\/dns\//,
    otherwise: 'the wire format is not trusted; only dns checks it',
  },
};
