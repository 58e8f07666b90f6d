import { authority, connectPeer, endInOrder, type Peer, type PeerTls } from '../etcd/connect.js';
import { asksForTls, cleanText } from '../etcd/explain.js';
import { exchange, type HttpAnswer } from '../etcd/http.js';
import { parseJsonObject } from '../etcd/json.js';
import { readSmallFile } from '../model/small-file.js';
import { TlsContexts } from '../etcd/tls-files.js';
import type { MemberDiscoverySettings } from '../model/config.js';
import { GatewayError } from '../model/errors.js';
import type { Clock } from '../model/ports.js';
import { readMemberList, type MemberList } from './members-answer.js';

/** Asks one etcd at a time for the member list, over etcd's gRPC gateway (JSON over HTTP). */
export class MemberClient {
  readonly #settings: MemberDiscoverySettings;
  readonly #contexts: TlsContexts;
  readonly #clock: Clock;
  #token: string | undefined;
  #password = '';

  constructor(settings: MemberDiscoverySettings, clock: Clock) {
    this.#settings = settings;
    this.#contexts = new TlsContexts(clock);
    this.#clock = clock;
  }

  /**
   * The member list as the quorum knows it when the answer is made. Several requests, each over a
   * connection of its own; the signal bounds the time of all of them.
   * @throws the signal's reason, system errors, GatewayError.
   */
  async list(peer: Peer, signal: AbortSignal): Promise<MemberList> {
    const visit: Visit = { peer, tls: await this.#tls(), signal };
    if (this.#settings.username === undefined) return this.#listWith(visit);
    const hadToken = this.#token !== undefined;
    if (!hadToken) await this.#authenticate(visit);
    try {
      return await this.#listWith(visit);
    } catch (error) {
      if (!hadToken || !isUnauthorized(error)) throw error;
      await this.#authenticate(visit); // the token has expired
      return this.#listWith(visit);
    }
  }

  /**
   * etcd before 3.5 lists the members from its own, perhaps outdated, state whatever it is asked. A
   * linearizable read first makes that state as new as the quorum's, and fails on a member cut off.
   */
  async #listWith(visit: Visit): Promise<MemberList> {
    const read = await this.#post(visit, '/kv/range', anyOneKey);
    if (!isAfterQuorumRead(read)) throw this.#refusal(read, 'to read through the quorum');
    const listed = await this.#post(visit, '/cluster/member/list', { linearizable: true });
    if (listed.status !== 200) throw this.#refusal(listed, 'to list the members');
    return readMemberList(listed.body);
  }

  /** Leaves no token if the cluster runs without authentication: it wants none then. */
  async #authenticate(visit: Visit): Promise<void> {
    this.#token = undefined;
    const { username: name, passwordFile } = this.#settings;
    const text =
      passwordFile === undefined ? '' : await readSmallFile('password-file', passwordFile);
    const password = text.replace(/\r?\n$/, '');
    this.#password = password;
    const answer = await this.#post(visit, '/auth/authenticate', { name, password });
    if (grpcCode(answer) === failedPrecondition) return;
    const token = parseJsonObject(answer.body)?.token;
    if (answer.status !== 200 || !isHeaderText(token))
      throw this.#refusal(answer, 'to authenticate');
    this.#token = token;
  }

  /** An endpoint that repeats what it was told must not bring secrets into the log. */
  #refusal(answer: HttpAnswer, what: string): GatewayError {
    return refusedBy(answer, what, [this.#password, this.#token ?? '']);
  }

  /** 3.4 and later answer under /v3, 3.3 only under /v3beta. */
  async #post(visit: Visit, path: string, body: unknown): Promise<HttpAnswer> {
    const answer = await this.#send(visit, `/v3${path}`, body);
    return answer.status === 404 ? this.#send(visit, `/v3beta${path}`, body) : answer;
  }

  async #send({ peer, tls, signal }: Visit, path: string, body: unknown): Promise<HttpAnswer> {
    const socket = await connectPeer(peer, tls, signal);
    const wanted = { method: 'POST', path, host: authority(peer), body } as const;
    const answer = await exchange(
      socket,
      { ...wanted, authorization: this.#token, maxBytes: largestAnswerBytes },
      signal,
    );
    await endInOrder(socket, this.#clock, signal);
    return answer;
  }

  async #tls(): Promise<PeerTls | undefined> {
    const files = this.#settings.tls;
    return files && { context: await this.#contexts.context(files), serverName: files.serverName };
  }
}

interface Visit {
  readonly peer: Peer;
  readonly tls: PeerTls | undefined;
  readonly signal: AbortSignal;
}

const largestAnswerBytes = 1024 * 1024;

/** The key "\0", base64 as bytes are in JSON; its value is not asked for. */
const anyOneKey = { key: 'AA==', limit: '1', keys_only: true };

/** gRPC status codes, https://grpc.io/docs/guides/status-codes/. */
const invalidArgument = 3;
const permissionDenied = 7;
const failedPrecondition = 9;
const unauthenticated = 16;

/** etcd checks permissions after the quorum has answered (v3_server.go, Range). */
function isAfterQuorumRead(answer: HttpAnswer): boolean {
  const code = grpcCode(answer);
  return (
    answer.status === 200 ||
    code === invalidArgument ||
    code === permissionDenied ||
    code === unauthenticated
  );
}

function grpcCode({ body }: HttpAnswer): unknown {
  return parseJsonObject(body)?.code;
}

const unauthorizedCode = 'unauthorized';

function isUnauthorized(error: unknown): boolean {
  return error instanceof GatewayError && error.code === unauthorizedCode;
}

function refusedBy(answer: HttpAnswer, what: string, secrets: readonly string[]): GatewayError {
  const { status } = answer;
  const denied = status === 401 || status === 403 || grpcCode(answer) === invalidArgument;
  return new GatewayError(`refuses ${what}: ${whyRefused(answer, secrets)}`, {
    code: denied ? unauthorizedCode : 'refused',
    side: 'endpoint',
  });
}

function whyRefused({ status, body }: HttpAnswer, secrets: readonly string[]): string {
  if (status === 404) return 'HTTP 404 (start etcd with --enable-grpc-gateway)';
  if (asksForTls(status, body)) return 'it asks for TLS (set member-discovery.tls)';
  const answer = parseJsonObject(body);
  const message = answer?.message ?? answer?.error;
  if (typeof message === 'string') return cleanText(without(secrets, message));
  if (body.startsWith('CommonName of client')) return commonNameHint;
  return answer === undefined && body !== ''
    ? `HTTP ${status}: ${cleanText(without(secrets, body))}`
    : `HTTP ${status}`;
}

/** Shorter texts would be found everywhere, and guard nothing. */
const shortestSecret = 4;

function without(secrets: readonly string[], text: string): string {
  const long = secrets.filter((secret) => secret.length >= shortestSecret);
  return long.reduce((rest, secret) => rest.replaceAll(secret, '(hidden)'), text);
}

/** etcd takes a CommonName for a user, which its gRPC gateway cannot do (embed/serve.go). */
const commonNameHint =
  'with authentication on, etcd takes no client certificate that has a CommonName here (use one without)';

/** A token goes into a header: nothing that could end it. */
function isHeaderText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,4096}$/.test(value);
}
