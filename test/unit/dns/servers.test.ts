import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseServer } from '../../../src/dns/servers.js';

const test = suite('DNS servers');

const cases: readonly [string, string, number][] = [
  ['10.0.0.1', '10.0.0.1', 53],
  ['10.0.0.1:5353', '10.0.0.1', 5353],
  ['2001:db8::1', '2001:db8::1', 53],
  ['[2001:db8::1]', '2001:db8::1', 53],
  ['[2001:db8::1]:5353', '2001:db8::1', 5353],
  ['fe80::1%eth0', 'fe80::1%eth0', 53],
  ['ns.example.test:5353', 'ns.example.test', 5353],
  ['ns.example.test', 'ns.example.test', 53],
];

for (const [text, host, port] of cases) {
  test(`reads ${text}`, () => {
    assert.equal(parseServer(text), { host, port });
  });
}

test.run();
