import { lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { formatAddress, parseListenAddress } from '../model/address.js';
import { fileReason, GatewayError } from '../model/errors.js';
import type { AdminTarget } from './admin-client.js';

type Env = Readonly<Record<string, string | undefined>>;

/** What a package or unit makes for the gateway. */
const systemFolder = '/run/etcd-gateway';

/**
 * Where the gateway is: as `--admin` says, else `$ETCD_GATEWAY_ADMIN`, else the admin address in
 * `--config FILE`, else the default unix socket, if there is one, else the default port.
 * @throws GatewayError where that leads nowhere.
 */
export async function locateAdmin<T extends AdminTarget>(target: T, env: Env): Promise<T> {
  const admin = target.admin ?? fromEnv(env) ?? (await fromFile(target)) ?? defaultSocket(env);
  return admin === undefined ? target : { ...target, admin };
}

function fromEnv({ ETCD_GATEWAY_ADMIN: text }: Env): string | undefined {
  if (text === undefined || text === '') return undefined;
  const parsed = parseListenAddress(text, 23791);
  if (parsed.ok) return text;
  throw wrong(`ETCD_GATEWAY_ADMIN: ${parsed.problem} (${parsed.hint})`);
}

/** Undefined also where the file leaves it to the default. */
async function fromFile({ config: file }: AdminTarget): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const { parseConfig } = await import('../config/parse.js');
  const bytes = await readFile(file).catch((error: unknown) => {
    throw wrong(`${file}: ${fileReason(error)}`);
  });
  const parsed = parseConfig(bytes, file);
  if (parsed.kind !== 'config') {
    throw wrong(`${file} has mistakes (see etcd-gateway check), give the address with --admin`);
  }
  const { listen, explicit, others = [] } = parsed.config.admin;
  if (listen === undefined) throw wrong(`${file} says that there is no admin server`);
  const addresses = [listen, ...others.flatMap((other) => other.listen ?? [])];
  // a socket takes orders without a token
  const best = addresses.find(({ kind }) => kind === 'unix') ?? listen;
  return explicit ? formatAddress(best) : undefined;
}

/** A user's own gateway comes before the machine's. */
function defaultSocket({ XDG_RUNTIME_DIR: own }: Env): string | undefined {
  const folders = [...(own ? [join(own, 'etcd-gateway')] : []), systemFolder];
  const path = folders.map((folder) => join(folder, 'admin.sock')).find(isSocket);
  return path === undefined ? undefined : `unix:${path}`;
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
  } catch {
    return false; // in a folder that others may not enter: then it is not for us
  }
}

function wrong(what: string): GatewayError {
  return new GatewayError(what, { code: 'EADMIN', side: 'config' });
}
