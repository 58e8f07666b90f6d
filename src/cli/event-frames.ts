import { GatewayError } from '../model/errors.js';

/** One event of a stream of server-sent events (WHATWG HTML 9.2). */
export interface Frame {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** The gateway cuts what is longer. */
const longestFrame = 16 * 1024 * 1024;

/**
 * Takes what the gateway writes: lines that end with LF, `data` on one line.
 * @throws GatewayError where something else is sent.
 */
export async function* framesOf(chunks: AsyncIterable<string>): AsyncGenerator<Frame> {
  let text = '';
  for await (const chunk of chunks) {
    const blocks = `${text}${chunk}`.split('\n\n');
    text = blocks.pop() ?? '';
    if (text.length > longestFrame) {
      throw new GatewayError('what answers is no gateway', { code: 'EANSWER', side: 'system' });
    }
    for (const block of blocks) {
      const type = field(block, 'event');
      if (type !== '') yield { id: field(block, 'id'), type, data: field(block, 'data') };
    }
  }
}

function field(block: string, name: string): string {
  const line = block.split('\n').find((each) => each.startsWith(`${name}: `));
  return line?.slice(name.length + 2) ?? '';
}
