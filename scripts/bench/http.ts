import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from './bench.js';
import { Comparison } from './comparison.js';
import { type Owner, withOwner } from './owner.js';
import { openPaths, type Path, proxyCpuMs } from './paths.js';
import { accepting, freePort, startChild } from './processes.js';
import type { Report } from './report.js';
import { interleave } from './rounds.js';
import { isInstalled } from './tools.js';

const run = promisify(execFile);
const title = 'wrk through each onto nginx';

interface HttpSample {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuUsPerRequest: number;
}

/** A second opinion on the relay: wrk, which others wrote, through each proxy onto nginx. */
export async function httpSuite(bench: Bench): Promise<Report> {
  const absent = ['wrk', 'nginx'].filter((name) => !isInstalled(name));
  if (absent.length > 0) {
    const text = `Left out: ${absent.join(' and ')} not installed.`;
    return { name: 'http', title, summary: text, text, plots: [] };
  }
  const comparison = new Comparison(await samples(bench), [
    { title: 'CPU of the proxy, µs per request', of: (s) => s.cpuUsPerRequest },
    { title: 'requests per second', of: (s) => s.requestsPerSecond },
    { title: 'p50, ms', of: (s) => s.p50Ms },
    { title: 'p99, ms', of: (s) => s.p99Ms },
  ]);
  const summary = comparison.table();
  const { rounds, seconds } = bench.options;
  return {
    name: 'http',
    title,
    summary,
    text: `${summary}\n\n64 connections with keep-alive, one request at a time on each. Median (least…most) of ${rounds} interleaved rounds of ${seconds} s, after one that does not count. \`wrk\`, the web server and the proxy share the machine: rates and latencies are those of the whole, CPU is the proxy's alone.`,
    plots: [{ name: 'http.svg', svg: comparison.chart(title) }],
  };
}

async function samples({ kinds, options, say }: Bench): Promise<HttpSample[]> {
  const taken: HttpSample[] = [];
  await withOwner(async (owner) => {
    const paths = await openPaths(owner, kinds, await startWebServer(owner));
    for (const path of paths) await load(path, options.seconds); // code and caches are warm from here on
    await interleave(options.rounds, paths, async (path, round) => {
      taken.push(await load(path, options.seconds));
      say(`http: round ${round} of ${options.rounds}, ${path.name}`);
    });
  });
  return taken;
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

async function load(path: Path, seconds: number): Promise<HttpSample> {
  const before = proxyCpuMs(path);
  const length = `${Math.max(1, Math.round(seconds))}s`;
  const url = `http://127.0.0.1:${path.port}/`;
  const { stdout } = await run('wrk', ['-t1', '-c64', `-d${length}`, '--latency', url]);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return {
    name: path.name,
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/^\s+50%\s+(\S+)/m.exec(stdout)?.[1] ?? ''),
    p99Ms: milliseconds(/^\s+99%\s+(\S+)/m.exec(stdout)?.[1] ?? ''),
    cpuUsPerRequest: ((proxyCpuMs(path) - before) * 1000) / requests,
  };
}

/** Times as wrk prints them: `850.00us`, `1.27ms`, `1.02s`. */
function milliseconds(text: string): number {
  const [, digits, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(digits) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1);
}
