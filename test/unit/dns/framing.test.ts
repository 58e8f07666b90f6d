import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { framed, FramedMessage } from '../../../src/dns/framing.js';

const test = suite('messages over TCP');

/** What comes out once the pieces have come, and after how many of them. */
function assembled(pieces: readonly Buffer[]): { message?: Buffer; after: number } {
  const reader = new FramedMessage();
  for (const [index, piece] of pieces.entries()) {
    const message = reader.add(piece);
    if (message) return { message, after: index + 1 };
  }
  return { after: pieces.length };
}

test('come out whole, in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.array(fc.integer({ min: 1, max: 90 })),
      (bytes, sizes) => {
        let rest = framed(Buffer.from(bytes));
        const pieces = sizes.map((size) => {
          const piece = rest.subarray(0, size);
          rest = rest.subarray(size);
          return piece;
        });
        const { message } = assembled([...pieces, rest]);
        assert.equal([...(message ?? [])], [...bytes]);
      },
    ),
  );
});

test('end where their length says', () => {
  const { message } = assembled([
    Buffer.concat([framed(Buffer.from('one')), Buffer.alloc(99_999)]),
  ]);
  assert.is(String(message), 'one');
});

test('are not there before their last byte', () => {
  const bytes = framed(Buffer.from('four'));
  const { message, after } = assembled(Array.from(bytes, (byte) => Buffer.from([byte])));
  assert.equal([String(message), after], ['four', 6]);
  assert.is(assembled([bytes.subarray(0, 5)]).message, undefined);
  assert.is(assembled([bytes.subarray(0, 1)]).message, undefined);
});

test('cost as much as they are long, also byte by byte', () => {
  const bytes = framed(Buffer.alloc(0xffff, 7));
  const startedMs = performance.now();
  const { message } = assembled(Array.from(bytes, (byte) => Buffer.from([byte])));
  assert.is(message?.length, 0xffff);
  assert.ok(performance.now() - startedMs < 1_000);
});

test.run();
