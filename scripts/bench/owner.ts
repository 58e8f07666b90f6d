import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Release = () => Promise<void>;

/** Owns everything a bench starts, and takes it down in reverse order: at the end, or on a signal. */
export class Owner {
  #releases: Release[] = [];

  /** @returns a function that releases now instead; idempotent. */
  own(release: Release): Release {
    const once = async (): Promise<void> => {
      const index = this.#releases.indexOf(once);
      if (index < 0) return;
      this.#releases.splice(index, 1);
      await release();
    };
    this.#releases.push(once);
    return once;
  }

  async temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'etcd-gateway-bench-'));
    this.own(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  async close(): Promise<void> {
    for (let last = this.#releases.at(-1); last !== undefined; last = this.#releases.at(-1)) {
      await last();
    }
  }
}

/** Runs `work` with an owner that is closed whatever happens, also on SIGINT and SIGTERM. */
export async function withOwner(work: (owner: Owner) => Promise<void>): Promise<void> {
  const owner = new Owner();
  const interrupt = (): void => {
    void owner.close().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await work(owner);
  } finally {
    await owner.close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
