import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';

import { isWildcardHost, parseListenAddress, type Address } from '../model/address.js';
import { errorCode, errorMessage, GatewayError, zoneReason } from '../model/errors.js';
import { nodeHost } from '../model/zones.js';
import { readTokenOnce } from './token.js';

export interface AdminTarget {
  /** `host:port` or `unix:/path`; default: the gateway's default. */
  readonly admin?: string;
  /** A configuration that names the address, where `admin` does not. */
  readonly config?: string;
  /** The file whose content is the admin server's token. */
  readonly tokenFile?: string;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

const defaultAdmin = '127.0.0.1:23791';
const largestBody = 64 * 1024 * 1024;

export function adminName({ admin }: AdminTarget): string {
  return admin ?? defaultAdmin;
}

/**
 * One request to the admin server of a running gateway.
 * @throws GatewayError with what to do about it: a wrong address, nobody there, no answer in time.
 */
export async function askAdmin(
  target: AdminTarget,
  method: 'GET' | 'POST',
  path: string,
  timeoutMs: number,
): Promise<AdminAnswer> {
  const options = { ...placeOf(parseAdmin(target)), method, path, agent: false };
  const headers = { 'Content-Length': '0', ...(await authorization(target)) };
  try {
    return await exchange({ ...options, headers, signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    throw unreachable(adminName(target), error);
  }
}

/**
 * The pieces of an answer that goes on and on, as they come; silence of `silentMs` is its end.
 * @throws GatewayError also with what the gateway answers instead.
 */
export async function* follow(
  target: AdminTarget,
  path: string,
  silentMs: number,
  more: Readonly<Record<string, string>>,
): AsyncGenerator<string> {
  const headers = { ...more, ...(await authorization(target)) };
  const place = placeOf(parseAdmin(target));
  const outgoing = request({ ...place, path, headers, agent: false, timeout: silentMs });
  outgoing.on('timeout', () => {
    outgoing.destroy(Object.assign(new Error('silence'), { code: 'ABORT_ERR' }));
  });
  outgoing.on('error', () => undefined); // thrown below, by what waits for it
  outgoing.end();
  try {
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.setEncoding('utf8');
    if (response.statusCode !== 200) throw await refusal(target, response);
    yield* response as AsyncIterable<string>;
  } catch (error) {
    throw error instanceof GatewayError ? error : unreachable(adminName(target), error);
  } finally {
    outgoing.destroy();
  }
}

async function refusal(target: AdminTarget, response: IncomingMessage): Promise<GatewayError> {
  let said = '';
  for await (const chunk of response as AsyncIterable<string>) {
    said += chunk;
    if (said.length > 500) break;
  }
  return answered(target, response.statusCode ?? 0, said);
}

async function authorization(target: AdminTarget): Promise<Readonly<Record<string, string>>> {
  const { tokenFile } = target;
  return tokenFile === undefined
    ? {}
    : { Authorization: `Bearer ${await readTokenOnce(tokenFile)}` };
}

/**
 * What a path tells, as JSON.
 * @throws GatewayError also with what the gateway answers instead.
 */
export function ask<T>(target: AdminTarget, path: string, timeoutMs: number): Promise<T> {
  return jsonOf(target, 'GET', path, timeoutMs);
}

/**
 * Has the gateway do something, and returns what came of it. Over TCP it wants the token.
 * @throws GatewayError also with why it does not.
 */
export function order<T>(target: AdminTarget, path: string, timeoutMs: number): Promise<T> {
  return jsonOf(target, 'POST', path, timeoutMs);
}

async function jsonOf<T>(
  target: AdminTarget,
  method: 'GET' | 'POST',
  path: string,
  timeoutMs: number,
): Promise<T> {
  const { status, body } = await askAdmin(target, method, path, timeoutMs);
  const value = status === 200 ? parseBody(body) : undefined;
  if (typeof value === 'object' && value !== null) return value as T;
  throw answered(target, status, body);
}

/** What the gateway says instead of what it was asked for. */
function answered(target: AdminTarget, status: number, body: string): GatewayError {
  const said = body.trim().slice(0, 500);
  const what = said === '' || status === 200 ? `${adminName(target)} answers ${status}` : said;
  return new GatewayError(`${what}${tokenHints.get(status) ?? ''}`, {
    code: `HTTP${status}`,
    side: 'system',
  });
}

const tokenHints = new Map([
  [401, ' (give the file with --token-file)'],
  [403, ' (give the file with --token-file)'],
]);

/** Undefined: the body is no JSON, hence not from a gateway; the caller tells by the status and the text. */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * What `format` makes of an answer that looked like a gateway's. Nobody has checked it to its
 * depths: another program may stand in the gateway's place, or a gateway of another version.
 * @throws GatewayError that `format` throws, or when it finds that it is something else.
 */
export function readable<T>(target: AdminTarget, format: () => T): T {
  try {
    return format();
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const message = `the answer of ${adminName(target)} cannot be read (is it another program, or another version?)`;
    throw new GatewayError(message, { code: 'EANSWER', side: 'system', cause });
  }
}

function parseAdmin(target: AdminTarget): Address {
  const parsed = parseListenAddress(adminName(target));
  if (parsed.ok) return parsed.value;
  const message = `--admin: ${parsed.problem} (${parsed.hint})`;
  throw new GatewayError(message, { code: 'EADDRESS', side: 'config' });
}

function placeOf(address: Address): RequestOptions {
  if (address.kind === 'unix') return { socketPath: address.path };
  const host = isWildcardHost(address.host) ? '127.0.0.1' : nodeHost(address.host);
  return { host, port: address.port };
}

function exchange(options: RequestOptions): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestBody) outgoing.destroy(new Error('its answer is too long'));
        chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

function unreachable(name: string, error: unknown): GatewayError {
  const code = errorCode(error);
  const what = zoneReason(error) ?? reasons.get(code) ?? errorMessage(error);
  return new GatewayError(`no gateway answers at ${name}: ${what}`, {
    code,
    side: 'system',
    cause: error,
  });
}

const elsewhere = 'is it running? If its admin.listen-addr is another, name it with --admin';
const reasons = new Map([
  ['ECONNREFUSED', `connection refused (${elsewhere})`],
  ['ENOENT', `there is no such socket (${elsewhere})`],
  ['EACCES', "the socket is its owner's (run this as the gateway's user, or as root)"],
  ['ENOTFOUND', 'there is no such host (write an IP address)'],
  ['ABORT_ERR', 'no answer in time (is it stopped, or another program?)'],
  ['TimeoutError', 'no answer in time (is it stopped, or another program?)'],
]);
