import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

import { GatewayError } from '../model/errors.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly host: string;
  readonly authorization?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** A longer answer is an error. */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One request, one answer, one connection: the caller ends the socket in order afterwards. After an
 * error it is destroyed already.
 * Headers are bounded by Node (16 KiB), the body by `maxBytes`, the time by the signal.
 * @throws the signal's reason, a parse or socket error, or GatewayError `too-large`.
 */
export async function exchange(
  socket: Socket,
  wanted: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    const response = await send(socket, wanted);
    return { status: response.statusCode ?? 0, body: await readBody(response, wanted.maxBytes) };
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function send(socket: Socket, wanted: HttpRequest): Promise<IncomingMessage> {
  const body = wanted.body === undefined ? undefined : JSON.stringify(wanted.body);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => socket,
      method: wanted.method,
      path: wanted.path,
      setHost: false,
      headers: headersOf(wanted, body),
    });
    outgoing.once('response', (response) => {
      // Otherwise Node destroys the socket once it has written its own end, whatever still comes.
      response.prependOnceListener('end', () => socket.end());
      resolve(response);
    });
    outgoing.on('error', reject);
    outgoing.once('close', () => reject(new Error('the connection was closed')));
    outgoing.end(body);
  });
}

function headersOf(wanted: HttpRequest, body: string | undefined): OutgoingHttpHeaders {
  return {
    Host: wanted.host,
    Connection: 'close',
    ...(wanted.authorization === undefined ? {} : { Authorization: wanted.authorization }),
    ...(body === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
  };
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(`the answer is longer than ${maxBytes} bytes`, {
    code: 'too-large',
    side: 'endpoint',
  });
}
