import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import fc from 'fast-check';
import * as assert from 'uvu/assert';

import { run as reload } from '../../../src/cli/reload.js';
import { run as status } from '../../../src/cli/status.js';
import type { Terminal } from '../../../src/cli/terminal.js';
import { buildState } from '../../../src/observe/admin/state.js';
import { about, applied, PlainBackend, rejected, unchanged } from '../../support/admin-backend.js';
import type { Scope } from '../../support/scope.js';
import type { FuzzArea } from '../area.js';
import { assertCleanText } from '../clean.js';

class Paper implements Terminal {
  text = '';
  readonly columns = 80;
  readonly interactive = false;
  out(text: string): void {
    this.text += text;
  }
  err = (text: string): void => this.out(text);
}

/** What `status` and `reload` hear where another program listens in the gateway's place. */
export async function openAnswers(scope: Scope): Promise<FuzzArea> {
  let answer: Buffer = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()); // the asking side may break off
    socket.once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => server.close());
  const admin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const check = async (input: Buffer): Promise<void> => {
    answer = input;
    for (const json of [false, true]) {
      await checkCommand((paper) => status({ admin, json, watch: false }, paper));
    }
    await checkCommand((paper) => reload({ admin }, paper));
  };
  return { inputs: fc.oneof(states, verdicts, anything), check };
}

async function checkCommand(run: (paper: Terminal) => Promise<number>): Promise<void> {
  const paper = new Paper();
  const code = await run(paper);
  assert.ok(code === 0 || code === 1);
  assert.not.equal(paper.text, '');
  assertCleanText(paper.text, 1_000_000);
}

const state = JSON.parse(JSON.stringify(buildState(new PlainBackend(), about, 9_000))) as object;
const nasty = fc.constantFrom(
  '\u001b[2J',
  '\u009b31m',
  '\u202e',
  '\u2028',
  '\n',
  '\u0000',
  '\ud800',
);
const value = fc.oneof(nasty, fc.jsonValue({ maxDepth: 1 }));

/** The same with one of its values, at any depth, replaced or gone. */
function altered(whole: object): fc.Arbitrary<object> {
  const places = placesIn(whole);
  return fc.tuple(fc.constantFrom(...places), fc.option(value)).map(([place, instead]) => {
    const copy = structuredClone(whole);
    put(copy, place, instead);
    return copy;
  });
}

function placesIn(whole: object, above: readonly string[] = []): (readonly string[])[] {
  return Object.entries(whole).flatMap(([key, inner]: [string, unknown]) => {
    const here = [...above, key];
    return typeof inner === 'object' && inner !== null ? [here, ...placesIn(inner, here)] : [here];
  });
}

function put(whole: object, [key = '', ...rest]: readonly string[], instead: unknown): void {
  if (rest.length > 0) put(Reflect.get(whole, key) as object, rest, instead);
  else if (instead === null) Reflect.deleteProperty(whole, key);
  else Reflect.set(whole, key, instead);
}

function response(code: number, body: unknown): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `HTTP/1.1 ${code} X\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

const states = altered(state).map((body) => response(200, body));
const verdicts = fc
  .oneof(altered(applied), altered(rejected), altered(unchanged))
  .map((body) => response('outcome' in body && body.outcome === 'rejected' ? 422 : 200, body));
const anything = fc
  .tuple(fc.constantFrom(200, 401, 403, 422, 500), fc.oneof(value, fc.jsonValue()))
  .map(([code, body]) => response(code, body));
