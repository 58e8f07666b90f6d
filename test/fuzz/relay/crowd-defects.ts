import type { Side } from '../../../src/model/side.js';
import type { Defect } from './defects.js';

const smallBytes = 4 * 1024;

/** What a relay must never do to sessions that it has beside each other. */
export const crowdDefects: readonly Defect[] = [
  {
    relay: 'loses one of more than 64 small chunks of a turn',
    finding: /waited .* bytes|got another byte/,
    defect: (side: Side): void => {
      const write = side.write.bind(side);
      side.write = (chunk) => chunkOfTurn(chunk) === 65 || write(chunk);
    },
  },
  {
    relay: 'writes a chunk to the session that wrote before',
    finding: /got another byte|bytes, \d+ were sent/,
    defect: (side: Side): void => {
      const write = side.write.bind(side);
      side.write = (chunk) => {
        const mistaken = chunkOfTurn(chunk) === 3 ? lastWrite : write;
        lastWrite = write;
        return mistaken(chunk);
      };
    },
  },
  {
    relay: 'resets a session that ends in one turn with another',
    finding: /waited|ECONNRESET|an end/,
    defect: (side: Side): void => {
      const end = side.end.bind(side);
      side.end = () => {
        endsThisTurn += 1;
        if (endsThisTurn === 1) setImmediate(() => (endsThisTurn = 0));
        else side.reset();
        end();
      };
    },
  },
];

let lastWrite: Side['write'] = () => true;
let endsThisTurn = 0;
let chunksThisTurn = 0;

/** Which one of the turn's small chunks this is, from 1; 0: it is none. */
function chunkOfTurn(chunk: Buffer): number {
  if (chunk.length > smallBytes) return 0;
  if (chunksThisTurn === 0) setImmediate(() => (chunksThisTurn = 0));
  chunksThisTurn += 1;
  return chunksThisTurn;
}
