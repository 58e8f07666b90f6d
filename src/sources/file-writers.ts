import { openLibc } from '../kernel/libc/libc.js';

/**
 * Whether some process has the file of this descriptor open for writing: a read lease is refused then
 * (fcntl(2), F_SETLEASE). False where that cannot be told: not Linux, a file of another user, a file system
 * without leases. The descriptor must be open for reading only.
 */
export async function isOpenForWriting(fd: number): Promise<boolean> {
  const libc = await openLibc();
  if (!libc) return false;
  const status = libc.leaseRead(fd);
  if (status >= 0) libc.leaseNone(fd);
  return status === -EAGAIN;
}

const EAGAIN = 11;
