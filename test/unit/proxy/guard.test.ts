import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Guard } from '../../../src/proxy/guard.js';

const test = suite('guard');

interface Case {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly admits: readonly (string | undefined)[];
  readonly refuses: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'nothing said': { admits: ['10.1.1.1', '::1', undefined], refuses: [] },
  'a block allowed': {
    allow: ['10.0.0.0/8'],
    admits: ['10.0.0.0', '10.255.255.255', '::ffff:10.1.1.1', undefined],
    refuses: ['11.0.0.0', '::ffff:11.0.0.1', '::1'],
  },
  'a block denied': {
    deny: ['10.0.0.0/8'],
    admits: ['11.0.0.0', '::1', undefined],
    refuses: ['10.1.1.1', '::ffff:10.1.1.1'],
  },
  'a hole in an allowed block': {
    allow: ['10.0.0.0/8'],
    deny: ['10.1.0.0/16'],
    admits: ['10.2.0.1'],
    refuses: ['10.1.0.1', '::ffff:10.1.0.1', '192.168.0.1'],
  },
  'IPv6 blocks and a single address': {
    allow: ['2001:db8::/32', 'fd00::1', '127.0.0.1'],
    admits: ['2001:db8:ffff::1', 'fd00::1', '127.0.0.1'],
    refuses: ['2001:db9::1', 'fd00::2', '127.0.0.2'],
  },
  'everybody of one family': {
    allow: ['0.0.0.0/0'],
    admits: ['1.2.3.4', '::ffff:1.2.3.4'],
    refuses: ['2001:db8::1'],
  },
  'everybody of the other family denied': {
    deny: ['::/0'],
    admits: ['1.2.3.4', '::ffff:1.2.3.4'],
    refuses: ['::1', '2001:db8::1'],
  },
  'a block of mapped addresses': {
    allow: ['::ffff:10.0.0.0/104'],
    admits: ['10.1.1.1', '::ffff:10.1.1.1'],
    refuses: ['11.1.1.1', '2001:db8::1'],
  },
};

for (const [name, { allow = [], deny = [], admits, refuses }] of Object.entries(cases)) {
  test(`with ${name}, lets in whom it should`, () => {
    const guard = new Guard({ allow, deny });
    for (const address of admits) assert.ok(guard.admits(address), `${address ?? 'unix'} is out`);
    for (const address of refuses) assert.not.ok(guard.admits(address), `${address} is in`);
  });
}

test.run();
