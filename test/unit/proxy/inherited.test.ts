import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { passedSockets } from '../../../src/proxy/inherited.js';

const test = suite('passed sockets');
const pid = 42;

function passed(count: string | undefined, names?: string, listenPid = '42') {
  const env = { LISTEN_FDS: count, LISTEN_PID: listenPid, LISTEN_FDNAMES: names };
  return passedSockets({ env, pid });
}

test('are as many as LISTEN_FDS says, from descriptor 3 on, with their names', () => {
  assert.equal(passed('2', 'main'), [
    { fd: 3, name: 'main' },
    { fd: 4, name: '' },
  ]);
  assert.is(passed('1024').length, 1024);
});

test('are none where nothing, or nothing for this process, was passed', () => {
  for (const count of [undefined, '', '0']) assert.equal(passed(count), []);
  assert.equal(passed('2', '', '43'), []);
  assert.equal(passed('1000000000', '', '43'), []);
});

test('are refused where their number is none, or no process has so many', () => {
  const wrong = ['1025', '1000000000', '99999999999999999999', '1e9', '-1', '1.5', '0x10', 'two'];
  for (const count of wrong) {
    assert.throws(() => passed(count), /^LISTEN_FDS="[^"]+" is no number of passed sockets/);
  }
});

test.run();
