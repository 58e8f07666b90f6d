import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Release = () => Promise<void>;

/** Owns everything a bench starts, and takes it down in reverse order: at the end, or on a signal. */
export class Owner {
  #releases: Release[] = [];
  #closing = false;

  /**
   * Returns a function that releases now instead; idempotent.
   * @throws Error once the owner is closing; `release` is called then.
   */
  own(release: Release): Release {
    if (this.#closing) {
      void release();
      throw new Error('interrupted');
    }
    const once = async (): Promise<void> => {
      const index = this.#releases.indexOf(once);
      if (index < 0) return;
      this.#releases.splice(index, 1);
      await release();
    };
    this.#releases.push(once);
    return once;
  }

  async temporaryFolder(within = tmpdir()): Promise<string> {
    const folder = await mkdtemp(join(within, 'etcd-gateway-bench-'));
    this.own(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (let last = this.#releases.at(-1); last !== undefined; last = this.#releases.at(-1)) {
      await last();
    }
  }
}

/** Runs `work` with an owner that is closed whatever happens, also on SIGINT and SIGTERM. */
export async function withOwner(work: (owner: Owner) => Promise<void>): Promise<void> {
  const owner = new Owner();
  let interruption: Promise<never> | undefined;
  const interrupt = (): void => {
    interruption ??= owner.close().then(() => process.exit(130));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    await work(owner);
  } catch (error) {
    if (interruption === undefined) throw error;
  } finally {
    await (interruption ?? owner.close());
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
