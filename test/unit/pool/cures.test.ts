import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { checkCures } from '../../../src/pool/cures.js';

const test = suite('cures');

const table = [
  ['tcp', 'dial', true],
  ['tcp', 'reset', true],
  ['tcp', 'health', true],
  ['tcp', 'hang', false],
  ['tls', 'hang', true],
  ['etcd', 'hang', true],
  ['etcd', 'dial', true],
  ['etcd', 'loop', false],
  ['none', 'health', true],
  ['none', 'hang', false],
  ['none', 'dial', false],
] as const;

for (const [type, cause, cures] of table) {
  test(`a passed check of type ${type} ${cures ? 'cures' : 'does not cure'} ${cause}`, () => {
    assert.is(checkCures({ type, port: undefined }, cause), cures);
    assert.is(checkCures({ type, port: 2381 }, cause), cause === 'health', 'on another port');
  });
}

test.run();
