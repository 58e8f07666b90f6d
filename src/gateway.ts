import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { GatewayProcess, type GatewayOptions, type Parts } from './gateway-process.js';
import type { ParsedConfig } from './config/parse.js';
import { DataPathClient } from './data-path/client.js';
import { startThread } from './data-path/start-thread.js';
import { DnsClient } from './dns/client.js';
import { HostResolver } from './dns/host-addresses.js';
import { HostLookup } from './dns/host-lookup.js';
import { HostsFile } from './dns/hosts-file.js';
import { SystemLookup, systemLookupAll } from './dns/system-lookup.js';
import { TlsContexts } from './etcd/tls-files.js';
import type { Address } from './model/address.js';
import type { DnsSettings } from './model/config.js';
import type { DesiredState } from './model/desired-state.js';
import type { Endpoint } from './model/endpoint.js';
import type { Observer } from './model/events.js';
import type { Applier, Trigger } from './model/ports.js';
import { Slots } from './model/slots.js';
import type { LoadAssets } from './observe/admin/routes.js';
import { AdminServers } from './observe/admin/servers.js';
import type { AdminBackend } from './observe/backend.js';
import type { Log } from './observe/log/log.js';
import { LogObserver } from './observe/log/observer.js';
import { DeferredMetrics } from './observe/metrics/deferred.js';
import { ServiceManager } from './observe/service-manager.js';
import { createObstacle, createProbe, notOfItself, type Probe } from './pool/probe.js';
import { createRetryAttempt, type RetryAttempt } from './pool/retry.js';
import { readFdUse } from './proxy/fd-limit.js';
import { passedSockets } from './proxy/inherited.js';
import { LoopGuard } from './proxy/loop-guard.js';
import { sharesOf } from './proxy/session-budget.js';
import { HandDrains } from './reconcile/hand-drains.js';
import type { IsDrained } from './reconcile/merge.js';
import { Reconciler } from './reconcile/reconciler.js';
import { DiscoverySet } from './sources/discoveries.js';
import { FileSource } from './sources/file.js';
import { systemDisk } from './sources/file-disk.js';
import { FlagsSource } from './sources/flags.js';
import { MemberClient } from './sources/members-client.js';
import type { SrvClient } from './sources/srv-lookup.js';
import { ProvenHosts } from './sources/proven-hosts.js';
import { createDialOnce, type DialOnce } from './sources/reach.js';

/** What DNS is asked by before a configuration says otherwise. */
const firstDns: DnsSettings = {
  servers: [],
  timeoutMs: 2_000,
  minTtlMs: 5_000,
  maxTtlMs: 3_600_000,
  holdMs: 0,
};

const loadAssets: LoadAssets = async () =>
  (await import('./observe/admin/page.generated.js')).pageAssets;

/**
 * Makes every part and wires it; the configuration is read for the first time, and nothing is
 * listened on before `start`.
 */
export async function openGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const { log, clock, random, about } = options;
  const starting = startThread(options.defect); // beside the rest
  const observers: Observer[] = [];
  const observer: Observer = (event) => {
    for (const observe of observers) observe(event);
  };
  const trigger: Trigger = (reason) => void reconciler.request(reason);

  const config = await openConfig(options, observer, trigger);
  const first = config.latest();
  if (first.kind === 'config') log.configure(first.config.log); // why it cannot start is told so too
  const { limit } = await readFdUse();
  const shares = sharesOf(limit);
  const lookups = new Slots(shares.lookups);
  const checks = new Slots(shares.checks);
  const client = inSlots(new DnsClient({ clock, observer }), lookups);
  const lookup = new HostLookup({
    ...{ client, clock, hostsFile: new HostsFile(observer) },
    system: new SystemLookup(systemLookupAll, clock),
  });
  const control = { clock, random, observer };
  const hosts = new HostResolver({ ...control, lookup, settings: firstDns });
  const loops = new LoopGuard(clock);
  const isSelf = (address: Address): boolean => loops.isSelf(address);
  const dial = createDialOnce(clock, isSelf);
  const dialOnce: DialOnce = (...args) => lookups.run(() => dial(...args));
  const provenHosts = new ProvenHosts({ ...control, hosts, dialOnce });
  const discoveries = new DiscoverySet({
    ...{ ...control, client, lookup, hosts, trigger, dialOnce, isSelf },
    running: (gateway): readonly Endpoint[] =>
      reconciler.current?.gateways.get(gateway)?.endpoints ?? [],
    memberClient: (settings) => new MemberClient(settings, clock),
    dns: firstDns,
  });
  const contexts = new TlsContexts(clock);
  const probe = notOfItself(createProbe(clock, contexts), isSelf);
  const activation = { env: options.env, pid: about.pid };
  const thread = await starting;
  options.atExit(() => thread.wake());
  const retry = createRetryAttempt(clock, probe);
  const dataPath = new DataPathClient(thread, {
    ...{ observer, hosts: provenHosts, loops },
    probe: ((...args) => checks.run(() => probe(...args))) satisfies Probe,
    obstacle: createObstacle(contexts),
    dialed: (gateway, durationsMs) => metrics.dialed(gateway, durationsMs),
    retry: ((...args) => checks.run(() => retry(...args))) satisfies RetryAttempt,
  });
  await dataPath.ready(); // its own descriptors are in use by now
  const { inUse: fdsInUse } = await readFdUse();
  const passed = passedSockets(activation);
  const { sockets } = await dataPath.open({ passed, fdLimit: limit, fdsInUse });
  const { monotonicUsec } = options;
  const manager = new ServiceManager({
    ...{ ...activation, monotonicUsec, clock, observer },
    alive: () => dataPath.sessionCount(),
  });

  const backend = backendOf(() => gateway);
  const metrics = new DeferredMetrics({ backend, about, clock });
  const admin = new AdminServers({
    defaultSocket: defaultAdminSocket(options.env),
    ...{ backend, about, metrics, loadAssets, clock, observer },
    listensAt: (addresses) => {
      loops.adminChanged(addresses);
      dataPath.adminChanged(addresses);
    },
    mostConnections: shares.admin,
  });
  const logObserver = new LogObserver(log, clock);
  observers.push(logObserver.observe, metrics.observe, admin.observe, manager.observe);
  const settings = settingsApplier({ log, hosts, discoveries, config });
  // look-ups of new endpoints ask by the new settings
  const appliers = [settings, admin.givingWay, dataPath, admin];
  const drains = new HandDrains();
  const isDrained: IsDrained = (name, endpoint) => drains.has(name, endpoint);
  const reconciler: Reconciler = new Reconciler({
    ...{ config, discoveries, appliers, observer, clock, isDrained },
  });
  const gateway = new GatewayProcess({
    ...{ options, observer, logObserver, config, hosts, discoveries },
    ...{ dataPath, sockets, metrics, admin, reconciler, drains, manager, loadAssets },
  });
  observers.push(gateway.observe);
  return gateway;
}

/** Its queries, as many at a time as there are slots. */
function inSlots(client: DnsClient, slots: Slots): SrvClient {
  return {
    query: (...args) => slots.run(() => client.query(...args)),
    namesOf: (name) => client.namesOf(name),
  };
}

/** A user's own gateway has it in the user's own folder. */
function defaultAdminSocket({ XDG_RUNTIME_DIR: own }: GatewayOptions['env']): string {
  if (own === undefined || own === '') return '/run/etcd-gateway/admin.sock';
  const folder = join(own, 'etcd-gateway');
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // it is there, or may not be made: then there is no default socket
  }
  return join(folder, 'admin.sock');
}

/** Who starts with flags never needs it. */
async function parse(bytes: Uint8Array, file: string): Promise<ParsedConfig> {
  return (await import('./config/parse.js')).parseConfig(bytes, file);
}

function openConfig(
  { origin, clock }: GatewayOptions,
  observer: Observer,
  trigger: Trigger,
): Promise<FileSource | FlagsSource> {
  if (origin.kind === 'flags') return Promise.resolve(new FlagsSource(origin.config));
  const control = { clock, observer, trigger };
  return FileSource.open({ file: origin.path, parse, disk: systemDisk, ...control });
}

/** Settings that can always be taken: in effect with the commit. */
function settingsApplier({
  log,
  hosts,
  discoveries,
  config,
}: Pick<Parts, 'hosts' | 'discoveries' | 'config'> & { readonly log: Log }): Applier {
  const commit = ({ process }: DesiredState): number => {
    log.configure(process.log);
    hosts.configure(process.dns);
    discoveries.configure(process.dns);
    if (config instanceof FileSource) config.configure(process.reload);
    return 0;
  };
  return {
    prepare: (_plan, desired) =>
      Promise.resolve({ commit: () => commit(desired), rollback: () => Promise.resolve() }),
  };
}

function backendOf(gateway: () => GatewayProcess): AdminBackend {
  return {
    look: () => gateway().parts.dataPath.look(),
    gateways: () => gateway().parts.dataPath.mirror.views,
    sources: () => gateway().parts.discoveries.statuses(),
    readiness: () => gateway().readiness(),
    readinessOf: (name) => gateway().readinessOf(name),
    desired: () => gateway().parts.reconciler.current,
    reading: () => gateway().parts.config.latest(),
    unread: () => gateway().parts.config.unread(),
    running: () => {
      const { reconciler, config } = gateway().parts;
      return reconciler.accepted && { source: config.name, ...reconciler.accepted };
    },
    reconciles: () => gateway().parts.reconciler.history(),
    drainedByHand: () => gateway().parts.drains.names(),
    sessions: (filter) => gateway().parts.dataPath.sessions(filter),
    closeSessions: (filter) => gateway().parts.dataPath.closeSessions(filter),
    drain: (name, endpoint, isDrained) => gateway().setDrain(name, endpoint, isDrained),
    reload: () => gateway().reload('admin'),
    dryRun: () => gateway().dryRun(),
  };
}
