import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { GatewayError } from '../../../src/model/errors.js';
import { formatId, readMemberList } from '../../../src/sources/members-answer.js';

const test = suite('member list answer');

const header = { cluster_id: '15807287473286867657', member_id: '7', raft_term: '2' };
const member = {
  ID: '7',
  name: 'infra0',
  peerURLs: ['http://10.0.0.1:2380'],
  clientURLs: ['http://10.0.0.1:2379'],
};

function bodyWith(changes: object): string {
  return JSON.stringify({ header, members: [member], ...changes });
}

test('reads what etcd answers', () => {
  const list = readMemberList(bodyWith({}));
  assert.is(formatId(list.clusterId), 'db5ec434d3beeac9');
  assert.equal(list.members, [
    { id: 7n, name: 'infra0', isLearner: false, clientUrls: ['http://10.0.0.1:2379'] },
  ]);
});

test('orders members by id as a number, in whatever order they come', () => {
  const ids = ['18446744073709551615', '7', '10', '9'];
  const members = ids.map((ID) => ({ ...member, ID }));
  const list = readMemberList(bodyWith({ members }));
  assert.equal(
    list.members.map(({ id }) => String(id)),
    ['7', '9', '10', '18446744073709551615'],
  );
});

test('takes absent fields for zero values, as the JSON mapping has it', () => {
  const list = readMemberList(bodyWith({ members: [{ ID: '7' }] }));
  assert.equal(list.members, [{ id: 7n, name: '', isLearner: false, clientUrls: [] }]);
});

const many = Array.from({ length: 129 }, (_, index) => ({ ...member, ID: String(index) }));

const refused: readonly [string, string, RegExp][] = [
  ['no JSON', '<html>', /is not a JSON object/],
  ['an array', '[]', /is not a JSON object/],
  ['deep nesting', '{"header":'.repeat(100_000), /is not a JSON object/],
  ['no header', bodyWith({ header: undefined }), /has no header/],
  ['a header of another type', bodyWith({ header: 'x' }), /has no header/],
  ['no cluster id', bodyWith({ header: { member_id: '7' } }), /no usable cluster_id/],
  ['a negative id', bodyWith({ header: { ...header, cluster_id: '-1' } }), /no usable cluster_id/],
  ['an id beyond precision', bodyWith({ header: { ...header, member_id: 2 ** 60 } }), /member_id/],
  ['no members', bodyWith({ members: undefined }), /has no members/],
  ['an empty list', bodyWith({ members: [] }), /has no members/],
  ['members of another type', bodyWith({ members: { 0: member } }), /has no members/],
  ['far too many members', bodyWith({ members: many }), /has 129 members/],
  ['a null member', bodyWith({ members: [null] }), /not an object/],
  ['a name of another type', bodyWith({ members: [{ ...member, name: 1 }] }), /name/],
  ['a learner of another type', bodyWith({ members: [{ ...member, isLearner: 'no' }] }), /boolean/],
  ['URLs that are one text', bodyWith({ members: [{ ...member, clientURLs: 'x' }] }), /clientURLs/],
  ['URLs of other types', bodyWith({ members: [{ ...member, clientURLs: [{}] }] }), /clientURLs/],
  [
    'an endless URL',
    bodyWith({ members: [{ ...member, clientURLs: ['x'.repeat(2000)] }] }),
    /clientURLs/,
  ],
  [
    'a member that is not in its own list',
    bodyWith({ header: { ...header, member_id: '26' } }),
    /is from 1a, which is no member of its own list/,
  ],
];

for (const [what, body, message] of refused) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => readMemberList(body),
      (error: unknown) => error instanceof GatewayError && message.test(error.message),
    );
  });
}

test('throws nothing but readable errors on any JSON', () => {
  const members = fc.array(fc.record({ ID: fc.jsonValue(), clientURLs: fc.jsonValue() }));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), members), fc.jsonValue(), (value, head) => {
      try {
        readMemberList(JSON.stringify({ header: { ...header, x: head }, members: value }));
      } catch (error) {
        assert.instance(error, GatewayError);
      }
    }),
  );
});

test.run();
