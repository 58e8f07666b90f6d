import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Address } from '../../model/address.js';
import { errorMessage } from '../../model/errors.js';
import type { Fields, Observer } from '../../model/events.js';
import type { Clock } from '../../model/ports.js';
import { readToken } from '../../model/small-file.js';
import {
  basicPassword,
  bearerToken,
  isCrossOrigin,
  isLocal,
  isOwnHost,
  isSameSecret,
} from './guard.js';
import { Answers } from './answers.js';
import { json, setSecurityHeaders, text, type Reply } from './reply.js';
import type { About, AdminBackend } from '../backend.js';
import type { EventStreams } from './event-streams.js';
import { closeReply, drainReply, sessionsReply } from './orders.js';
import { reloadReply } from './reload-route.js';
import { Shared } from '../../model/shared.js';
import { buildState } from './state.js';
import { formatState } from './state-text.js';

/** Text that changes with each look, in the format its type names. */
export interface MetricsText {
  readonly contentType: string;
  render(): Promise<string>;
}

/** A file of the status page. */
export interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** By path: `/`, `/page/main.js`, … Loaded when somebody asks: nobody may. */
export type LoadAssets = () => Promise<ReadonlyMap<string, Asset>>;

export interface AdminRoutesOptions {
  readonly backend: AdminBackend;
  readonly about: About;
  readonly metrics: MetricsText;
  readonly loadAssets: LoadAssets;
  readonly streams: EventStreams;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** How a request came in. */
export interface Front {
  readonly address: Address;
  readonly tokenFile: string | undefined;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly message: IncomingMessage;
  readonly front: Front;
  readonly token: TokenCheck;
}

/** `unreadable`: the token file itself is at fault. */
type TokenCheck = 'none' | 'right' | 'wrong' | 'unreadable';

type Route = (request: Request, response: ServerResponse) => Reply | Promise<Reply> | 'taken';

/** A route that changes something. */
interface Order {
  /** As the beginning of a sentence. */
  readonly what: string;
  readonly run: (request: Request) => Promise<Reply>;
}

const paths =
  '/, /livez, /readyz, /readyz/GATEWAY, /metrics, /api/v1/state, /api/v1/sessions, /api/v1/events, and POST /api/v1/reload, drain, undrain and sessions/close';
const nothingHere = text(404, `Nothing is here. There are ${paths}.`);

/** Before the name of a gateway, whose readiness is asked for. */
const ofOne = '/readyz/';

/** From a request to its reply: the guards first, then the route. */
export class AdminRoutes {
  readonly #options: AdminRoutesOptions;
  readonly #reads: ReadonlyMap<string, Route>;
  readonly #orders: ReadonlyMap<string, Order>;
  readonly #answers: Answers;
  /** Why the token file cannot be used. */
  #tokenProblem: string | undefined;
  readonly #metricsText: Shared<Buffer>;
  readonly #stateText: Shared<Buffer>;

  constructor(options: AdminRoutesOptions) {
    const { backend, about, clock, metrics } = options;
    this.#options = options;
    this.#answers = new Answers(clock);
    this.#metricsText = new Shared(async () => Buffer.from(await metrics.render()));
    this.#stateText = new Shared(async () => {
      const [unread] = await Promise.all([backend.unread(), backend.look()]);
      const state = buildState(backend, about, clock.wallMs(), unread);
      return Buffer.from(`${await formatState(state)}\n`);
    });
    this.#reads = new Map<string, Route>([
      ['/livez', () => text(200, 'alive')],
      ['/readyz', (request) => this.#readyz(request)],
      ['/metrics', () => this.#metrics()],
      ['/api/v1/state', () => this.#state()],
      ['/api/v1/events', (request, response) => this.#events(request, response)],
      ['/api/v1/sessions', ({ query }) => sessionsReply(backend, query)],
    ]);
    this.#orders = new Map<string, Order>([
      ['/api/v1/reload', { what: 'A reload', run: () => reloadReply(backend, clock) }],
      [
        '/api/v1/reload/dry-run',
        { what: 'A dry run', run: async () => json(200, await backend.dryRun()) },
      ],
      ['/api/v1/drain', { what: 'A drain', run: ({ query }) => drainReply(backend, query, true) }],
      [
        '/api/v1/undrain',
        { what: 'An end of a drain', run: ({ query }) => drainReply(backend, query, false) },
      ],
      [
        '/api/v1/sessions/close',
        { what: 'An end of sessions', run: ({ query }) => closeReply(backend, query) },
      ],
    ]);
  }

  /** Answers every request; never rejects. */
  async handle(message: IncomingMessage, response: ServerResponse, front: Front): Promise<void> {
    setSecurityHeaders(response);
    try {
      const reply = await this.#answer(message, response, front);
      if (reply !== 'taken') this.#answers.send(response, reply);
    } catch (error) {
      this.#fail(message, response, error);
    }
  }

  async #answer(
    message: IncomingMessage,
    response: ServerResponse,
    front: Front,
  ): Promise<Reply | 'taken'> {
    if (hasBody(message)) {
      message.resume();
      return text(413, 'This server takes no request bodies.', { Connection: 'close' });
    }
    const request = {
      method: message.method ?? '',
      path: (message.url ?? '').replace(/\?.*$/s, ''),
      query: new URLSearchParams(/\?(.*)$/s.exec(message.url ?? '')?.[1] ?? ''),
      message,
      front,
      token: await this.#checkToken(message, front),
    };
    return this.#refusal(request) ?? this.#route(request)(request, response);
  }

  async #checkToken(message: IncomingMessage, { tokenFile }: Front): Promise<TokenCheck> {
    const { authorization } = message.headers;
    if (authorization === undefined || tokenFile === undefined) return 'none';
    const shown = bearerToken(authorization) ?? basicPassword(authorization) ?? '';
    const token = await this.readToken(tokenFile);
    if (token === undefined) return 'unreadable';
    return isSameSecret(shown, token) ? 'right' : 'wrong';
  }

  /** Undefined: there is none to be had. That is told when it begins, and when it is over. Never rejects. */
  async readToken(tokenFile: string | undefined): Promise<string | undefined> {
    try {
      const token = tokenFile && (await readToken('the token file', tokenFile));
      this.#tellToken(undefined);
      return token;
    } catch (error) {
      this.#tellToken(errorMessage(error));
      return undefined;
    }
  }

  #tellToken(problem: string | undefined): void {
    if (problem === this.#tokenProblem) return;
    this.#tokenProblem = problem;
    const notice =
      problem === undefined
        ? ({ level: 'info', message: 'admin token can be read again', fields: {} } as const)
        : ({
            level: 'warn',
            message: 'admin token cannot be read',
            fields: { reason: problem },
          } as const);
    this.#options.observer({ type: 'notice', ...notice });
  }

  /** What keeps a request from any route. */
  #refusal({ method, path, message, front, token }: Request): Reply | undefined {
    if (message.headers['sec-fetch-site'] === 'cross-site') {
      return text(403, 'Pages of another site are not answered: open this address by itself.');
    }
    const tellsMore = path !== '/livez' && path !== '/readyz' && !path.startsWith(ofOne);
    if (tellsMore && token !== 'right' && !isOwnHost(message.headers.host, front.address)) {
      return text(421, 'Ask by IP address, as localhost or by the name in admin.listen-addr.');
    }
    if (token === 'unreadable') return text(500, 'The token file cannot be read; see the log.');
    const open = isLocal(front.address) || !tellsMore;
    if (token === 'wrong' || (token === 'none' && !open && method !== 'POST')) {
      return text(401, 'Send the token of admin.token-file: Authorization: Bearer TOKEN.', {
        'WWW-Authenticate': 'Basic realm="etcd-gateway", Bearer',
      });
    }
    return undefined;
  }

  #route({ path, method }: Request): Route {
    const order = this.#orders.get(path);
    const allowed = order ? ['POST'] : ['GET', 'HEAD'];
    const route = order ? this.#ordered(order) : this.#read(path);
    if (!route) return () => nothingHere;
    if (allowed.includes(method)) return route;
    const allow = allowed.join(', ');
    return () => text(405, `${path} takes ${allow} only.`, { Allow: allow });
  }

  #read(path: string): Route | undefined {
    if (path === '/' || path.startsWith('/page/')) return () => this.#asset(path);
    if (path.startsWith(ofOne)) return (request) => this.#readyz(request);
    return this.#reads.get(path);
  }

  async #asset(path: string): Promise<Reply> {
    const asset = (await this.#options.loadAssets()).get(path);
    return asset ? { status: 200, ...asset } : nothingHere;
  }

  /** The reasons name endpoints: an open network, or a page that has pointed its name here, hears only the answer. */
  async #readyz({ path, front, token, message }: Request): Promise<Reply> {
    const { backend } = this.#options;
    await backend.look();
    const readiness = path.startsWith(ofOne)
      ? backend.readinessOf(decoded(path.slice(ofOne.length)))
      : backend.readiness();
    if (!readiness) return text(404, 'There is no gateway of this name.');
    const { ready, reasons } = readiness;
    if (ready) return text(200, 'ready');
    const isOurs = isLocal(front.address) && isOwnHost(message.headers.host, front.address);
    const told = isOurs || token === 'right' ? reasons : [];
    return text(503, ['not ready', ...told.map((reason) => `- ${reason}`)].join('\n'));
  }

  async #metrics(): Promise<Reply> {
    const { contentType } = this.#options.metrics;
    return { status: 200, type: contentType, body: await this.#metricsText.get() };
  }

  async #state(): Promise<Reply> {
    return { status: 200, type: 'application/json', body: await this.#stateText.get() };
  }

  #events({ method, message }: Request, response: ServerResponse): Reply | 'taken' {
    const { streams } = this.#options;
    if (method === 'HEAD') return { status: 200, type: 'text/event-stream', body: '' };
    if (streams.full) return text(503, 'Too many readers of the event stream; try again later.');
    const lastId = message.headers['last-event-id'];
    streams.add(response, typeof lastId === 'string' ? lastId : undefined);
    return 'taken';
  }

  /** Only for those who may change something: over a unix socket, or with the token. */
  #ordered({ what, run }: Order): Route {
    return (request) => {
      const { message, front, token } = request;
      if (isCrossOrigin(message.headers)) {
        return text(403, `${what} is not taken from a page of another origin.`);
      }
      const bearer = token === 'right' && bearerToken(message.headers.authorization) !== undefined;
      if (front.address.kind === 'unix' || bearer) return run(request);
      if (front.tokenFile === undefined) {
        return text(
          403,
          `${what} over TCP needs a token: set admin.token-file, or listen on unix:/PATH${what === 'A reload' ? ', or send SIGHUP' : ''}.`,
        );
      }
      return text(401, 'Send the token of admin.token-file: Authorization: Bearer TOKEN.', {
        'WWW-Authenticate': 'Bearer',
      });
    };
  }

  #fail({ method, url }: IncomingMessage, response: ServerResponse, error: unknown): void {
    this.#warn('admin request failed', error, { method, path: url });
    if (response.headersSent) response.destroy();
    else this.#answers.send(response, text(500, 'The request failed; see the log.'));
  }

  #warn(message: string, error: unknown, about: Fields): void {
    const fields = { ...about, reason: errorMessage(error) };
    this.#options.observer({ type: 'notice', level: 'warn', message, fields });
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** A part of a path; one that is wrongly encoded is nobody's name. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
