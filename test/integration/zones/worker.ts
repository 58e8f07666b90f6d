/** Tries zones of link-local addresses. Only for a network that `unshare` has just made. Prints JSON. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

import { connectPeer } from '../../../src/etcd/connect.js';
import { whoAnswers } from '../../support/client.js';
import { dnsClient, dnsSettings } from '../../support/dns-fixtures.js';
import { a, DnsTestServer, truncated, Zone } from '../../support/dns-server.js';
import { withGateway } from '../../support/gateway.js';
import { Scope } from '../../support/scope.js';
import { until } from '../../support/until.js';
import { identity, withUpstream } from '../../support/upstream.js';

const device = 'Link0';
const named = `fe80::53%${device}`;

function run(command: string): void {
  const { status, stderr } = spawnSync('sh', ['-c', command]);
  if (status !== 0) throw new Error(`${command}: ${String(stderr)}`);
}

run('ip link set lo up');
run(`ip link add ${device} type veth peer name peer0 && ip link set peer0 up`);
run(`ip link set ${device} up && ip address add fe80::53/64 dev ${device} nodad`);
const scopeId = await until(
  () => networkInterfaces()[device]?.find(({ address }) => address === 'fe80::53')?.scopeid,
  { what: 'the address' },
);
const numbered = `fe80::53%${scopeId}`;

const outcomes: Record<string, string> = {};
const scope = new Scope();
let port = 20_000;
const nextPort = (): number => (port += 1);

async function tryDns(): Promise<void> {
  const name = 'infra0.example.test';
  const { respond } = new Zone([a(name, '10.0.0.1')]);
  const server = await DnsTestServer.start(respond, { host: named, port: 53 });
  const ask = (resolvConf: string, ...servers: string[]): Promise<string> =>
    dnsClient(undefined, resolvConf)
      .query(name, 'A', {
        settings: dnsSettings({ servers }),
        signal: new AbortController().signal,
      })
      .then(({ kind }) => kind, String);
  outcomes['a DNS server by name'] = await ask(`nameserver ${named}`);
  outcomes['a DNS server by number'] = await ask(`nameserver ${numbered}`);
  outcomes['a configured DNS server'] = await ask('', `[${named}]:53`);
  outcomes['a wrong zone of DNS server'] = await ask('nameserver fe80::53%link0');
  server.respond = (query, transport) =>
    transport === 'udp' ? [truncated(query)] : respond(query, transport);
  outcomes['a DNS server over TCP'] = await ask(`nameserver ${numbered}`);
  await server.close();
}

async function tryServing(): Promise<void> {
  const upstream = await withUpstream(scope, { host: named, behaviour: identity('one') });
  const serve = async (listen: string, host: string): Promise<string> => {
    const at = nextPort();
    const endpoints = [`[${host}]:${upstream.port}`];
    const main = { 'listen-addr': `[${listen}]:${at}`, endpoints };
    const gateway = await withGateway(scope, { config: { gateways: { main } } });
    const answer = await whoAnswers(at, named);
    return answer ?? String((await gateway.logged('endpoint taken out of rotation')).reason);
  };
  outcomes['a listener by name and an endpoint by number'] = await serve(named, numbered);
  outcomes['a listener by number and an endpoint by name'] = await serve(numbered, named);
  const address = { kind: 'tcp', host: numbered, port: upstream.port } as const;
  const checked = connectPeer({ address, host: '' }, undefined, new AbortController().signal);
  outcomes['checks by number'] = await checked.then((socket) => {
    socket.destroy();
    return 'one';
  }, String);
  outcomes['a wrong zone of endpoint'] = await serve(named, 'fe80::53%link0');
  outcomes['no zone'] = await serve(named, 'fe80::53');
}

async function tryWrongListeners(): Promise<void> {
  const wrong = '[fe80::53%link0]:1000';
  const good = `127.0.0.1:${nextPort()}`;
  const start = async (listen: string, admin: string): Promise<string> => {
    const main = { 'listen-addr': listen, endpoints: ['127.0.0.1:1'] };
    const tokenFile = join(await scope.tempDir(), 'token');
    await writeFile(tokenFile, 'sesame\n');
    const config = {
      gateways: { main },
      admin: { 'listen-addr': admin, 'token-file': tokenFile },
    };
    const gateway = await withGateway(scope, { config, ready: false, exitCode: 1 });
    await gateway.exited;
    return gateway.stderr.replaceAll('\\"', '"');
  };
  outcomes['a wrong zone of listener'] = await start(wrong, 'off');
  outcomes['a wrong zone of admin server'] = await start(good, wrong);
}

try {
  await tryDns();
  await tryServing();
  await tryWrongListeners();
  console.log(JSON.stringify(outcomes));
} finally {
  await scope.close();
}
