import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Unread } from '../../../../src/model/ports.js';
import { buildState } from '../../../../src/observe/admin/state.js';
import { formatState } from '../../../../src/observe/admin/state-text.js';
import { excerpt } from '../../../../src/observe/admin/excerpt.js';
import {
  about,
  applied,
  config,
  gatewayView,
  PlainBackend,
  rejected,
  upstreamView,
} from '../../../support/admin-backend.js';

const test = suite('state');

test('says that the file runs', () => {
  const state = buildState(new PlainBackend(), about, 9_000);
  assert.equal(state.config.file, { status: 'running', hash: 'aaaa' });
  assert.is(state.nowMs, 9_000);
  assert.is(state.config.source, '/etc/gateway.yaml');
  assert.equal(state.reloads, {});
});

test('says that a valid file is refused which could not be applied', () => {
  const backend = new PlainBackend();
  const reason = '127.0.0.1:1 is in use';
  backend.read = { kind: 'config', config, hash: 'bbbb' };
  backend.history = { ...backend.history, lastRejected: { ...rejected, at: 'apply', reason } };
  const state = buildState(backend, about, 9_000);
  assert.equal(state.config.file, { status: 'refused', hash: 'bbbb', reason, problems: [] });
});

test('says that the file is missing, and names it before anything runs', () => {
  const backend = new PlainBackend();
  backend.read = { kind: 'missing', file: '/etc/other.yaml', reason: 'ENOENT' };
  backend.runs = undefined;
  const { config: shown } = buildState(backend, about, 9_000);
  assert.equal(shown.file, { status: 'missing', reason: 'ENOENT' });
  assert.is(shown.source, '/etc/other.yaml');
  assert.equal(shown.effective, {});
});

test('says that a file is pending that nobody has read, unless it is what runs', () => {
  const backend = new PlainBackend();
  const fileOf = (unread: Unread) => buildState(backend, about, 9_000, unread).config.file;
  const { status, ...more } = fileOf({ hash: 'bbbb' });
  assert.is(status, 'pending');
  assert.match(JSON.stringify(more), /"bbbb".*reload/);
  backend.read = { kind: 'missing', file: '/etc/gateway.yaml', reason: 'ENOENT' };
  assert.equal(fileOf({ hash: 'aaaa' }), { status: 'running', hash: 'aaaa' });
  assert.equal(fileOf({ reason: 'gone' }), { status: 'missing', reason: 'gone' });
});

test('tells the latest reloads', () => {
  const backend = new PlainBackend();
  const verdicts = { last: rejected, lastApplied: applied, lastRejected: rejected };
  backend.history = { generation: 2, ...verdicts };
  assert.equal(buildState(backend, about, 9_000).reloads, verdicts);
});

test('is the same JSON when it is made in portions', async () => {
  const backend = new PlainBackend();
  const many = Array.from({ length: 600 }, (_none, index) => upstreamView(`10.0.0.1:${index}`));
  for (const views of [
    [],
    [gatewayView('a', [])],
    [gatewayView('a', many), gatewayView('b', many)],
  ]) {
    backend.views = views;
    const state = buildState(backend, about, 9_000);
    assert.equal(JSON.parse(await formatState(state)), JSON.parse(JSON.stringify(state)));
  }
});

test('shows a line with two before and two after it, at most', () => {
  const text = 'a\nb\r\nc\nd\ne\nf';
  assert.equal(
    excerpt(text, 4).map(({ line, text: shown }) => `${line}${shown}`),
    ['2b', '3c', '4d', '5e', '6f'],
  );
  assert.is(excerpt(text, 1).length, 3);
  assert.equal(excerpt('', 1), [{ line: 1, text: '' }]);
  assert.equal(excerpt(text, 99), []);
});

test('shows no endless line', () => {
  assert.is(excerpt('x'.repeat(500), 1)[0]?.text.length, 201);
});

test.run();
