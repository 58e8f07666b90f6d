import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Owns what a test opens: everything deferred is closed when the test ends, last opened first. */
export class Scope {
  readonly #closers: (() => unknown)[] = [];

  /** `close` is called once, however the test ends; it may return a promise. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** An empty directory that is gone after the test. */
  async tempDir(): Promise<string> {
    return this.tempDirIn(tmpdir());
  }

  /** The same below `parent`: what is imported from there finds the project's packages. */
  async tempDirIn(parent: string): Promise<string> {
    const dir = resolve(await mkdtemp(join(parent, 'etcd-gateway-')));
    this.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
    return dir;
  }

  /** Closes everything, even if something fails; returns what failed. */
  async close(): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    return failures;
  }
}

/**
 * A test body with a scope and a time limit.
 * @throws the body's error first; without one, the first error of closing.
 */
export function scoped(
  body: (scope: Scope) => Promise<void>,
  { timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {},
): () => Promise<void> {
  return async () => {
    const scope = new Scope();
    let failure: { readonly error: unknown } | undefined;
    try {
      await limited(body(scope), timeoutMs);
    } catch (error) {
      failure = { error };
    }
    const failures = await scope.close();
    if (failure === undefined && failures.length === 0) return;
    for (const error of failures) console.error('closing failed:', error);
    throw failure === undefined ? failures[0] : failure.error;
  };
}

async function limited(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`the test has not finished after ${timeoutMs} ms`);
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
