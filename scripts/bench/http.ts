import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuMs, processTree } from './accounting.js';
import type { Bench } from './bench.js';
import { type Owner, withOwner } from './owner.js';
import { accepting, freePort, startChild } from './processes.js';
import { startProxy } from './proxies.js';
import { markdownTable } from './markdown.js';
import type { Report } from './report.js';
import { formatSpread, spread } from './statistics.js';
import { isInstalled } from './tools.js';

const run = promisify(execFile);

/** A second opinion on the relay: wrk, which others wrote, through each proxy onto nginx. */
export async function httpSuite(bench: Bench): Promise<Report> {
  const absent = ['wrk', 'nginx'].filter((name) => !isInstalled(name));
  const text =
    absent.length > 0 ? `Left out: ${absent.join(' and ')} not installed.` : await table(bench);
  return { name: 'http', title: 'wrk through each onto nginx', summary: text, text, plots: [] };
}

interface HttpSample {
  readonly proxy: string;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  readonly cpuUsPerRequest: number;
}

async function table(bench: Bench): Promise<string> {
  const samples: HttpSample[] = [];
  const names = ['directly', ...bench.kinds.map(({ name }) => name)];
  await withOwner(async (owner) => {
    const web = await startWebServer(owner);
    const targets = [{ name: 'directly', port: web, pid: undefined as number | undefined }];
    for (const kind of bench.kinds) {
      const { name, port, child } = await startProxy(owner, kind, web);
      targets.push({ name, port, pid: child.pid });
    }
    for (let round = 1; round <= bench.options.rounds; round++) {
      for (const { name, port, pid } of targets) {
        samples.push({ proxy: name, ...(await load(port, pid, bench.options.seconds)) });
      }
      bench.say(`http: round ${round} of ${bench.options.rounds}`);
    }
  });
  const row = (title: string, of: (sample: HttpSample) => number): string[] => [
    title,
    ...names.map((name) => formatSpread(spread(samples.filter((s) => s.proxy === name).map(of)))),
  ];
  const rows = [
    row('requests per second', (s) => s.requestsPerSecond),
    row('p99, ms', (s) => s.p99Ms),
    row('CPU of the proxy, µs per request', (s) => s.cpuUsPerRequest),
  ];
  return `${markdownTable(['', ...names], rows)}\n\n64 connections with keep-alive. Median (least…most).`;
}

async function startWebServer(owner: Owner): Promise<number> {
  const port = await freePort();
  const file = join(await owner.temporaryFolder(), 'nginx.conf');
  await writeFile(
    file,
    `daemon off;
worker_processes 1;
pid ${file}.pid;
error_log stderr crit;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  server { listen 127.0.0.1:${port}; location / { return 200 "ok\\n"; } }
}
`,
  );
  await accepting(port, startChild(owner, 'nginx', ['-c', file]));
  return port;
}

async function load(
  port: number,
  pid: number | undefined,
  seconds: number,
): Promise<Omit<HttpSample, 'proxy'>> {
  const pids = pid === undefined ? [] : processTree(pid);
  const before = cpuMs(pids);
  const length = `${Math.max(1, Math.round(seconds))}s`;
  const url = `http://127.0.0.1:${port}/`;
  const { stdout } = await run('wrk', ['-t1', '-c64', `-d${length}`, '--latency', url]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/99%\s+(\S+)/.exec(stdout)?.[1] ?? ''),
    cpuUsPerRequest: pids.length === 0 ? 0 : ((cpuMs(pids) - before) * 1000) / requests,
  };
}

/** Times as wrk prints them: `850.00us`, `1.27ms`, `1.02s`. */
function milliseconds(text: string): number {
  const [, digits, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(digits) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1);
}
