import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ruleset = `table inet faults {
  set ways { type inet_service . inet_service; }
  set deaf { type inet_service; }
  chain input {
    type filter hook input priority 0; policy accept;
    tcp sport . tcp dport @ways drop
    tcp dport @deaf drop
  }
}`;

/**
 * Of this network: small socket buffers, so that a reader who stops is felt after some 100 KiB,
 * and data that nobody acknowledges is given up after some 13 s instead of 15 min.
 */
const kernel: Readonly<Record<string, string>> = {
  tcp_rmem: '4096 16384 65536',
  tcp_wmem: '4096 16384 65536',
  tcp_retries2: '5',
};

/**
 * Makes this process's network fit for the matrix. Only for one that `unshare` has just made:
 * nothing is undone.
 */
export async function preparePackets(): Promise<void> {
  await run('ip', ['link', 'set', 'lo', 'up']);
  for (const [name, value] of Object.entries(kernel)) {
    await writeFile(`/proc/sys/net/ipv4/${name}`, value);
  }
  await nft(ruleset);
}

/** From now on no packet passes between the two ends of this connection. */
export async function silence(socket: Socket): Promise<() => Promise<void>> {
  const { localPort = 0, remotePort = 0 } = socket;
  const both = `{ ${localPort} . ${remotePort}, ${remotePort} . ${localPort} }`;
  await nft(`add element inet faults ways ${both}`);
  return () => nft(`delete element inet faults ways ${both}`);
}

/** From now on no packet gets to this port. */
export async function deafen(port: number): Promise<() => Promise<void>> {
  await nft(`add element inet faults deaf { ${port} }`);
  return () => nft(`delete element inet faults deaf { ${port} }`);
}

/** How many connections this network's accept queues have had no room for. */
export async function listenDrops(): Promise<number> {
  const lines = (await readFile('/proc/self/net/netstat', 'utf8')).split('\n');
  const [names = [], values = []] = lines
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('ListenOverflows')]);
}

async function nft(commands: string): Promise<void> {
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(commands);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`nft ended with ${code} at: ${commands}`);
}
