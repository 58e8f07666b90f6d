import type { OpenArea } from './area.js';

/** By name, which is also the folder of its corpus; each is loaded when it is wanted. */
export const areas: ReadonlyMap<string, () => Promise<OpenArea>> = new Map<
  string,
  () => Promise<OpenArea>
>([
  ['admin', async () => (await import('./areas/admin.js')).openAdminArea],
  ['answers', async () => (await import('./areas/answers.js')).openAnswers],
  ['config', async () => (await import('./areas/config.js')).openConfig],
  ['crowd', async () => (await import('./areas/crowd.js')).openCrowd],
  ['dns', async () => (await import('./areas/dns.js')).openDns],
  ['members', async () => (await import('./areas/members.js')).openMembers],
  ['relay', async () => (await import('./areas/relay.js')).openRelay],
]);

/** @throws for a name that is none, telling those there are. */
export async function areaNamed(name: string): Promise<OpenArea> {
  const load = areas.get(name);
  if (load) return load();
  throw new Error(`${name}: no such area (one of ${[...areas.keys()].join(', ')})`);
}
