import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { LogLevel } from '../../../../src/model/config.js';
import type { Fields, GatewayEvent } from '../../../../src/model/events.js';
import type { PlanSummary, Verdict } from '../../../../src/model/plan.js';
import type { Clock } from '../../../../src/model/ports.js';
import { LogObserver } from '../../../../src/observe/log/observer.js';
import type { Log } from '../../../../src/observe/log/log.js';

const test = suite('log: events');

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Fields;
}

/** An observer on a log of lines, at a time that the test turns. */
class Scene implements Clock {
  readonly lines: Line[] = [];
  readonly observer: LogObserver;
  #nowMs = 0;
  #due: { atMs: number; callback: () => void }[] = [];

  constructor(level: LogLevel = 'info') {
    const write = (lineLevel: LogLevel, message: string, fields: Fields = {}): void => {
      if (lineLevel === 'debug' && level !== 'debug') return;
      const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
      this.lines.push({ level: lineLevel, message, fields: Object.fromEntries(kept) });
    };
    const log: Log = {
      isDebug: level === 'debug',
      tellsSessions: false,
      error: (message, fields) => write('error', message, fields),
      warn: (message, fields) => write('warn', message, fields),
      info: (message, fields) => write('info', message, fields),
      debug: (message, fields) => write('debug', message, fields),
      write,
      configure: () => undefined,
      close: () => Promise.resolve(),
    };
    this.observer = new LogObserver(log, this);
  }

  tell(event: GatewayEvent, times = 1): void {
    for (let i = 0; i < times; i += 1) this.observer.observe(event);
  }

  /** Hands out the lines since the last call, as `level message`. */
  said(): readonly string[] {
    return this.lines.splice(0).map(({ level, message }) => `${level} ${message}`);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#due.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#due = this.#due.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
  }

  pending(): number {
    return this.#due.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void) {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#due.push(timer);
    return { cancel: () => void (this.#due = this.#due.filter((other) => other !== timer)) };
  }
}

const at = { gateway: 'main', endpoint: 'a:2379' };

const changes: readonly (readonly [GatewayEvent, string])[] = [
  [
    { type: 'upstream-ejected', ...at, reason: 'ECONNREFUSED', retryInMs: 100 },
    'warn endpoint taken out of rotation',
  ],
  [{ type: 'upstream-returned', ...at, ejectedForMs: 1234.56 }, 'info endpoint back in rotation'],
  [
    { type: 'pool-down', gateway: 'main', reason: 'all are ejected', isOffered: true },
    'error no endpoint is in rotation, each client is offered to all of them',
  ],
  [
    { type: 'pool-down', gateway: 'main', reason: 'asked to drain', isOffered: false },
    'error no endpoint is in rotation, clients are refused as all drain',
  ],
  [{ type: 'pool-up', gateway: 'main', downForMs: 1_500 }, 'info an endpoint is in rotation again'],
  [
    { type: 'file-missing', file: 'gw.yaml', reason: 'there is no such file' },
    'warn configuration file cannot be read, what runs stays',
  ],
  [{ type: 'file-back', file: 'gw.yaml' }, 'info configuration file can be read again'],
  [
    { type: 'notice', level: 'info', message: 'ready to proxy client requests', fields: {} },
    'info ready to proxy client requests',
  ],
];

for (const [event, line] of changes) {
  test(`says ${event.type} with all it carries`, () => {
    const scene = new Scene();
    scene.tell(event);
    if ('endpoint' in event) assert.is(scene.lines[0]?.fields.endpoint, 'a:2379');
    assert.not('type' in (scene.lines[0]?.fields ?? {}));
    assert.equal(scene.said(), [line]);
  });
}

const frequent: readonly GatewayEvent[] = [
  { type: 'dial-connected', ...at, durationMs: 1 },
  { type: 'dial-failed', ...at, durationMs: 1, reason: 'ECONNREFUSED' },
  { type: 'health-checked', ...at, ok: false, reason: 'timeout', durationMs: 1, made: true },
  {
    type: 'dns-queried',
    server: '10.0.0.53:53',
    name: 'a.test',
    recordType: 'SRV',
    outcome: 'answer',
    durationMs: 1,
  },
  {
    type: 'session-closed',
    ...at,
    client: '127.0.0.1:5000',
    bytesSent: 10,
    bytesReceived: 20,
    durationMs: 30.123,
    end: 'client-reset',
  },
];

test('says what comes with every session at debug only', () => {
  const quiet = new Scene();
  const debug = new Scene('debug');
  for (const event of frequent) {
    quiet.tell(event);
    debug.tell(event);
  }
  assert.equal(quiet.said(), []);
  assert.equal(debug.lines.at(-1), {
    level: 'debug',
    message: 'session closed',
    fields: {
      ...at,
      client: '127.0.0.1:5000',
      bytesSent: 10,
      bytesReceived: 20,
      durationMs: 30.1,
      end: 'client-reset',
    },
  });
});

test('says that a discovery fails once for each reason, and once that it answers again', () => {
  const scene = new Scene();
  const source = { gateway: 'main', source: 'srv', nextInMs: 100 } as const;
  const answered = { type: 'source-answered', ...source, endpoints: ['a:2379'] } as const;
  scene.tell(answered, 3);
  assert.equal(scene.said(), []);
  scene.tell({ type: 'source-failed', ...source, reason: 'timeout', kept: 3 }, 5);
  assert.equal(scene.said(), ['warn discovery failed, its last answer stays in use']);
  scene.tell({ type: 'source-failed', ...source, reason: 'NXDOMAIN', kept: 0 }, 5);
  assert.equal(scene.said(), ['warn discovery failed, it has not answered yet']);
  scene.tell(answered, 3);
  assert.equal(scene.said(), ['info discovery answers again']);
});

test('says that a host name does not resolve once, and once that it does again', () => {
  const scene = new Scene();
  scene.tell({ type: 'host-failed', host: 'a', reason: 'NXDOMAIN', kept: 0 }, 4);
  scene.tell({ type: 'host-resolved', host: 'a', addresses: ['10.0.0.1'] }, 4);
  scene.tell({ type: 'host-failed', host: 'a', reason: 'NXDOMAIN', kept: 1 }, 4);
  assert.equal(scene.said(), [
    'warn host name does not resolve, there is no address to dial yet',
    'info host name resolves again',
    'warn host name does not resolve, its last addresses stay in use',
  ]);
});

test('says that a target is left out once, until it has been taken in', () => {
  const scene = new Scene();
  const source = { gateway: 'main', source: 'srv' } as const;
  const refused = {
    type: 'target-refused',
    ...source,
    target: 'a:2379',
    reason: 'expired',
  } as const;
  scene.tell(refused, 3);
  scene.tell({ type: 'source-answered', ...source, endpoints: ['a:2379'], nextInMs: 1 });
  scene.tell(refused, 3);
  assert.equal(scene.said(), [
    'warn discovered endpoint left out',
    'warn discovered endpoint left out',
  ]);
});

const nothing: PlanSummary = {
  gateways: { added: [], removed: [], updated: [] },
  listeners: { added: [], removed: [] },
  endpoints: { added: [], removed: [], updated: [] },
  settings: [],
  values: {},
};

const run = { reconcileId: 7, trigger: 'file', atMs: 0, durationMs: 3.14159, generation: 2 };

test('says in one line what a plan does, and nothing of what it leaves', () => {
  const scene = new Scene();
  const plan = {
    ...nothing,
    endpoints: { added: ['main/c:1'], removed: ['main/a:1'], updated: [] },
  };
  scene.tell({
    type: 'reconciled',
    verdict: { ...run, outcome: 'applied', plan, sessionsDraining: 4 },
  });
  assert.equal(scene.lines, [
    {
      level: 'info',
      message: 'configuration applied',
      fields: {
        generation: 2,
        reconcileId: 7,
        trigger: 'file',
        durationMs: 3.1,
        endpointsAdded: ['main/c:1'],
        endpointsRemoved: ['main/a:1'],
        sessionsDraining: 4,
      },
    },
  ]);
});

function rejected(what: string, asked = false): GatewayEvent {
  const verdict: Verdict = {
    ...run,
    ...(asked && { asked }),
    outcome: 'rejected',
    at: 'configuration',
    source: 'gw.yaml',
    reason: 'it has mistakes',
    problems: [
      { line: 3, column: 5, path: 'gateways.main', what, hint: 'write so' },
      { line: 4, column: 1, path: '', what, hint: '' },
    ],
  };
  return { type: 'reconciled', verdict };
}

test('says where a refused configuration is wrong, once for each content', () => {
  const scene = new Scene();
  scene.tell(rejected('is wrong'), 3);
  assert.equal(scene.lines[0]?.fields.problems, [
    'gw.yaml:3:5: gateways.main: is wrong (write so)',
    'gw.yaml:4:1: is wrong',
  ]);
  assert.equal(scene.said(), ['error configuration refused, what runs stays']);
  scene.tell(rejected('is also wrong'));
  assert.equal(scene.said(), ['error configuration refused, what runs stays']);
});

test('tells a plan that cannot be had from a configuration that is wrong', () => {
  const scene = new Scene();
  const verdict = {
    ...run,
    outcome: 'rejected',
    at: 'apply',
    source: 'gw.yaml',
    reason: '127.0.0.1:23790 is in use',
    problems: [],
  } as const;
  scene.tell({ type: 'reconciled', verdict });
  assert.not('problems' in (scene.lines[0]?.fields ?? {}));
  assert.equal(scene.said(), ['error configuration could not be applied, what runs stays']);
});

test('does not say at the start that something goes on', () => {
  const scene = new Scene();
  for (const at of ['configuration', 'apply'] as const) {
    const facts = { ...run, generation: 0, source: 'gw.yaml', reason: `wrong ${at}`, problems: [] };
    scene.tell({ type: 'reconciled', verdict: { ...facts, outcome: 'rejected', at } });
  }
  assert.equal(scene.said(), [
    'error configuration refused, nothing is started',
    'error configuration could not be applied, nothing is started',
  ]);
});

test('says that nothing has changed at debug only', () => {
  const unchanged: GatewayEvent = {
    type: 'reconciled',
    verdict: { ...run, outcome: 'unchanged' },
  };
  const quiet = new Scene();
  const debug = new Scene('debug');
  quiet.tell(unchanged);
  debug.tell(unchanged);
  assert.equal(quiet.said(), []);
  assert.equal(debug.said(), ['debug configuration unchanged']);
});

test('says that a mistake is over also where nothing has to change for that', () => {
  const scene = new Scene();
  const refused = { ...run, outcome: 'rejected', at: 'configuration', source: 'gw.yaml' } as const;
  scene.tell({ type: 'reconciled', verdict: { ...refused, reason: 'wrong', problems: [] } });
  const unchanged = { type: 'reconciled', verdict: { ...run, outcome: 'unchanged' } } as const;
  scene.tell(unchanged, 2);
  assert.equal(scene.said(), [
    'error configuration refused, what runs stays',
    'info configuration is accepted again, it is what runs',
  ]);
});

test('says what brings an endpoint back that nobody retries', () => {
  const scene = new Scene();
  const event = { type: 'upstream-ejected', ...at, reason: 'HTTP 503' } as const;
  scene.tell({ ...event, retryInMs: undefined });
  scene.tell({ ...event, retryInMs: 100 });
  assert.equal(
    scene.lines.map(({ fields }) => fields.triedBy),
    ['health checks', undefined],
  );
});

test('forgets what failed in a gateway that is gone', () => {
  const scene = new Scene();
  const failed: GatewayEvent = {
    ...{ type: 'source-failed', gateway: 'main', source: 'srv' },
    ...{ reason: 'timeout', kept: 1, nextInMs: 1 },
  };
  scene.tell(failed, 2);
  const plan = { ...nothing, gateways: { added: [], removed: ['main'], updated: [] } };
  const verdict: Verdict = { ...run, outcome: 'applied', plan, sessionsDraining: 0 };
  scene.tell({ type: 'reconciled', verdict });
  scene.said();
  scene.tell(failed);
  assert.is(scene.said().length, 1);
});

test('says a refusal again after a good configuration', () => {
  const scene = new Scene();
  scene.tell(rejected('is wrong'));
  scene.tell({
    type: 'reconciled',
    verdict: { ...run, outcome: 'unchanged' },
  });
  scene.tell(rejected('is wrong'));
  const refused = 'error configuration refused, what runs stays';
  const said = scene.said();
  assert.is(said.length, 3);
  assert.equal([said[0], said[2]], [refused, refused]);
});

test('says a refusal once while a discovery goes on changing what runs', () => {
  const scene = new Scene();
  const none = { added: [], removed: [], updated: [] };
  const plan = { gateways: none, listeners: none, endpoints: none, settings: [], values: {} };
  const applied = (reconcileId: number): GatewayEvent => {
    const facts = { ...run, reconcileId, outcome: 'applied', sessionsDraining: 0 } as const;
    return { type: 'reconciled', verdict: { ...facts, plan } };
  };
  const refused = (reconcileId: number): GatewayEvent => {
    const facts = { ...run, reconcileId, outcome: 'rejected', at: 'configuration' } as const;
    const trigger = 'srv';
    const verdict = { ...facts, trigger, source: 'gw.yaml', reason: 'wrong', problems: [] };
    return { type: 'reconciled', verdict };
  };
  for (const event of [refused(1), applied(2), refused(2), applied(3), refused(4)]) {
    scene.tell(event);
  }
  const first = 'error configuration refused, what runs stays';
  const change = 'info configuration applied';
  assert.equal(scene.said(), [first, change, change, first]);
});

test('answers the one who sends SIGHUP that it is still refused', () => {
  const scene = new Scene();
  scene.tell(rejected('is wrong'));
  scene.said();
  scene.tell(rejected('is wrong', true));
  assert.is(scene.lines[0]?.fields.problems, undefined);
  assert.equal(scene.said(), ['warn configuration is still refused, what runs stays']);
});

test('says the first refusal at once, and those after it as a number', () => {
  const scene = new Scene();
  const refused = { type: 'client-refused', gateway: 'main', client: '10.0.0.1:1' } as const;
  scene.tell({ ...refused, reason: 'max-sessions' }, 1000);
  scene.tell({ ...refused, reason: 'denied' });
  assert.equal(scene.said(), [
    'warn client refused, max-sessions is reached',
    'warn client refused, its address is not allowed',
  ]);
  scene.pass(10_000);
  assert.is(scene.lines[0]?.fields.refused, 999);
  assert.equal(scene.said(), ['warn client refused, max-sessions is reached']);
  scene.pass(10_000);
  assert.equal(scene.said(), []);
  assert.is(scene.pending(), 0);
  scene.tell({ ...refused, reason: 'max-sessions' });
  assert.is(scene.said().length, 1);
});

test('says what is left to say when it closes, and leaves no timer', () => {
  const scene = new Scene();
  scene.tell({ type: 'client-refused', gateway: 'g', client: 'c', reason: 'loop' }, 3);
  scene.observer.close();
  scene.observer.close();
  assert.equal(
    scene.lines.map(({ fields }) => fields.refused),
    [undefined, 2],
  );
  assert.is(scene.pending(), 0);
});

test.run();
