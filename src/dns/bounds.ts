/** More records than any cluster has; a longer message is a mistake or an attack. */
const mostRecords = 1024;
/** Labels and pointers of all names of a message together: far above what 1,024 records need. */
const mostSteps = 32_768;

const headerBytes = 12;
const optType = 41;
/** A type that nobody knows: the decoder hands its data on as bytes. */
const opaqueType = 0xfffe;

/** By type: where its data has names, behind so many bytes, and how many. Other data is not read. */
const namesIn: ReadonlyMap<number, { readonly after: number; readonly count: number }> = new Map([
  [1, { after: 0, count: 0 }], // A
  [28, { after: 0, count: 0 }], // AAAA
  [2, { after: 0, count: 1 }], // NS
  [5, { after: 0, count: 1 }], // CNAME
  [6, { after: 0, count: 2 }], // SOA
  [33, { after: 6, count: 1 }], // SRV
]);

/** A message that is cheap to decode. */
export interface Bounded {
  /** Without additional records; records of types that are not used have a type nobody knows. */
  readonly bytes: Buffer;
  /** The upper bits of the rcode, of the OPT record (RFC 6891, section 6.1.3); 0 where there is none. */
  readonly upperRcode: number;
}

/**
 * Walks a message (RFC 1035, section 4) before it is decoded. Undefined: it has more than one
 * question, more records or longer names than it may cost, or ends too early. Takes 1 ms at most.
 */
export function bounded(message: Buffer): Bounded | undefined {
  const bytes = Buffer.from(message);
  const questions = bytes.readUInt16BE(4);
  const records = bytes.readUInt16BE(6) + bytes.readUInt16BE(8);
  const additional = bytes.readUInt16BE(10);
  if (questions > 1 || records > mostRecords) return undefined;
  const walk = new Walk(bytes);
  try {
    if (questions === 1) walk.question();
    for (let index = 0; index < records; index += 1) walk.record();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const upperRcode = walk.upperRcode(Math.min(additional, mostRecords));
  bytes.writeUInt16BE(0, 10);
  return { bytes, upperRcode };
}

/** Its methods throw RangeError where the message ends too early or costs too much. */
class Walk {
  readonly #bytes: Buffer;
  #at = headerBytes;
  #steps = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  question(): void {
    this.#name();
    this.#at += 4;
  }

  record(): void {
    this.#name();
    const typeAt = this.#at;
    const names = namesIn.get(this.#bytes.readUInt16BE(typeAt));
    const dataAt = typeAt + 10;
    const end = dataAt + this.#bytes.readUInt16BE(typeAt + 8);
    if (end > this.#bytes.length) throw new RangeError('the record ends outside the message');
    if (!names) this.#bytes.writeUInt16BE(opaqueType, typeAt);
    this.#at = dataAt + (names?.after ?? 0);
    for (let index = 0; index < (names?.count ?? 0); index += 1) this.#name();
    this.#at = end;
  }

  /** Additional records that make no sense end the search: nothing else of them is used. */
  upperRcode(records: number): number {
    try {
      for (let index = 0; index < records; index += 1) {
        this.#name();
        if (this.#bytes.readUInt16BE(this.#at) === optType)
          return this.#bytes.readUInt8(this.#at + 4);
        this.#at += 10 + this.#bytes.readUInt16BE(this.#at + 8);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    return 0;
  }

  /** A name may lead on to an earlier one only, so that it ends. */
  #name(): void {
    let at = this.#at;
    let earliest = at;
    let end: number | undefined;
    for (;;) {
      if ((this.#steps += 1) > mostSteps) throw new RangeError('the names are too long');
      const length = this.#bytes.readUInt8(at);
      if (length < 0xc0) at += 1 + length;
      if (length === 0) break;
      if (length < 0x40) continue;
      if (length < 0xc0) throw new RangeError('no label is that long');
      end ??= at + 2;
      at = this.#bytes.readUInt16BE(at) - 0xc000;
      if (at >= earliest) throw new RangeError('the name leads onward');
      earliest = at;
    }
    this.#at = end ?? at;
  }
}
