import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseFdLimit, sessionBudget, sharesOf } from '../../../src/proxy/session-budget.js';

const test = suite('session budget');

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            ${soft.padEnd(20)} 1048576              files
Max locked memory         8388608              8388608              bytes
`;

test('reads the soft limit', () => {
  assert.is(parseFdLimit(limits('1024')), 1024);
  assert.is(parseFdLimit(limits('unlimited')), undefined);
  assert.is(parseFdLimit(''), undefined);
});

test('gives two descriptors to a session, and keeps a reserve', () => {
  assert.is(sessionBudget(1024, 24).limit, 474);
  assert.is(sessionBudget(100_024, 24).limit, 47_499);
  assert.is(sessionBudget(64, 34).limit, 7);
});

test('takes two descriptors for a listener off the sessions', () => {
  const budget = sessionBudget(1024, 24);
  budget.listeners = 10;
  assert.is(budget.limit, 464);
  budget.open = 464;
  assert.ok(budget.isFull);
  budget.listeners = 10_000;
  assert.is(budget.limit, 1);
});

test('keeps shares of the reserve for the admin server, checks and look-ups', () => {
  assert.equal(sharesOf(150), { admin: 8, checks: 8, lookups: 8 });
  assert.equal(sharesOf(100_000), { admin: 128, checks: 1_250, lookups: 1_250 });
  assert.equal(sharesOf(undefined), { admin: 128, checks: Infinity, lookups: Infinity });
});

test('lets at least one session be', () => {
  assert.is(sessionBudget(64, 60).limit, 1);
});

test('counts dials beside others against new sessions, and against more of them', () => {
  const budget = sessionBudget(1024, 24);
  budget.open = 473;
  assert.is(budget.isFull, false);
  budget.dialsBeside = 1;
  assert.is(budget.isFull, true);
  assert.is(budget.allowsDialBeside, true);
  budget.dialsBeside = 2;
  assert.is(budget.allowsDialBeside, false);
});

test('sets no bound where there is none', () => {
  const budget = sessionBudget(undefined, 10);
  assert.is(budget.limit, Infinity);
  assert.ok(!budget.isFull && budget.allowsDialBeside);
});

test.run();
