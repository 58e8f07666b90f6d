/**
 * `thread-program.js WAY`: a program with a data path that ends in this way, for
 * `test/integration/data-path-thread.test.ts`.
 */
import { Channel } from '../../src/data-path/channel.js';
import type { DataPathMethods } from '../../src/data-path/messages.js';
import { startThread } from '../../src/data-path/start-thread.js';

const thread = await startThread((error) => {
  process.stdout.write(`failed: ${error.message}\n`);
  process.exit(1);
});
process.on('exit', () => thread.wake());
const channel = new Channel<object, DataPathMethods>(thread.port, setImmediate, {});
const taken = new SharedArrayBuffer(4);
await channel.call('open', [{ passed: [], fdLimit: undefined, fdsInUse: 0, taken }]);
process.stdout.write('open\n');

const ways: Readonly<Record<string, () => unknown>> = {
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('a defect of the main thread');
  },
  defect: () => channel.call('commit', []), // nothing is prepared
  close: async () => {
    await channel.call('close', []);
    await thread.ended;
    process.exit(0);
  },
};
await ways[process.argv[2] ?? '']?.();
