import { getSystemErrorName } from 'node:util';

import { formatAddress, type Address } from '../../model/address.js';

/** Linux error numbers that the code decides on, negative as calls return them (errno(3)). */
export const EPERM = -1;
export const EINTR = -4;
export const EAGAIN = -11;
export const EINVAL = -22;
export const ENFILE = -23;
export const EMFILE = -24;
export const EPROTO = -71;
export const ECONNABORTED = -103;
export const ENOTCONN = -107;
export const EINPROGRESS = -115;

/** An error with the words and fields of Node's own: `connect ECONNREFUSED 127.0.0.1:2379`. */
export function systemError(errno: number, syscall: string, subject?: Address): Error {
  const code = getSystemErrorName(errno);
  const message = `${syscall} ${code}${subject === undefined ? '' : ` ${formatAddress(subject)}`}`;
  const address = subject?.kind === 'tcp' ? { address: subject.host } : {};
  return Object.assign(new Error(message), { code, errno, syscall, ...address });
}
