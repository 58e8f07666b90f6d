import fc from 'fast-check';

/** One damage to a text of bytes; places are fractions, so that they fit whatever is left of it. */
interface Damage {
  readonly at: number;
  readonly length: number;
  readonly kind: 'set' | 'cut' | 'repeat' | 'insert';
  readonly bytes: Uint8Array;
}

const nastyBytes = fc.constantFrom(0, 0x0a, 0x0d, 0x1b, 0x20, 0x22, 0x7f, 0x80, 0x9b, 0xc0, 0xff);

const damages: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.nat(8), fc.nat(200)),
  kind: fc.constantFrom('set', 'cut', 'repeat', 'insert'),
  bytes: fc
    .array(fc.oneof(nastyBytes, fc.nat(255)), { minLength: 1, maxLength: 8 })
    .map((bytes) => Uint8Array.from(bytes)),
});

/** These inputs, each damaged at up to six places. */
export function damaged(inputs: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const input = fc.constantFrom(...inputs);
  return fc
    .tuple(input, fc.array(damages, { maxLength: 6 }))
    .map(([bytes, all]) => all.reduce(applyDamage, bytes));
}

function applyDamage(input: Uint8Array, { at, length, kind, bytes }: Damage): Uint8Array {
  const from = Math.floor(at * input.length);
  const [head, part, tail] = [
    input.subarray(0, from),
    input.subarray(from, from + length),
    input.subarray(from + length),
  ];
  switch (kind) {
    case 'set':
      return Buffer.concat([
        head,
        bytes.subarray(0, part.length),
        input.subarray(from + bytes.length),
      ]);
    case 'cut':
      return Buffer.concat([head, tail]);
    case 'repeat':
      return Buffer.concat([head, part, part, tail]);
    case 'insert':
      return Buffer.concat([head, bytes, part, tail]);
  }
}
