import { asJsonObject, parseJsonObject, type JsonObject } from '../etcd/json.js';
import { GatewayError } from '../model/errors.js';

/** The checked content of an answer to `cluster/member/list`. */
export interface MemberList {
  readonly clusterId: bigint;
  /** Who answered. */
  readonly memberId: bigint;
  /** By id, so that the order of an unchanged cluster never changes. */
  readonly members: readonly Member[];
}

export interface Member {
  readonly id: bigint;
  /** Empty for a member that has not started yet, as its client URLs are. */
  readonly name: string;
  readonly isLearner: boolean;
  readonly clientUrls: readonly string[];
}

/**
 * Reads etcdserverpb.MemberListResponse in its JSON mapping: 64-bit numbers are strings, fields with
 * zero values are left out.
 * @throws GatewayError telling what is wrong with the answer.
 */
export function readMemberList(body: string): MemberList {
  const answer = parseJsonObject(body);
  if (!answer) throw badAnswer('is not a JSON object');
  const header = asJsonObject(answer.header);
  if (!header) throw badAnswer('has no header');
  const list: MemberList = {
    clusterId: readId(header, 'cluster_id'),
    memberId: readId(header, 'member_id'),
    members: readMembers(answer.members),
  };
  return checkSelf(list);
}

/** As etcd's logs and etcdctl print ids. */
export function formatId(id: bigint): string {
  return id.toString(16);
}

/** A cluster beyond 7 members is rare; this is a bound, not a size to expect. */
const mostMembers = 128;
const mostUrls = 16;
const longestText = 1024;

function readMembers(value: unknown): readonly Member[] {
  if (!Array.isArray(value) || value.length === 0) throw badAnswer('has no members');
  if (value.length > mostMembers)
    throw badAnswer(`has ${value.length} members, too many to be true`);
  const members = value.map(readMember);
  return members.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function readMember(value: unknown): Member {
  const member = asJsonObject(value);
  if (!member) throw badAnswer('has a member that is not an object');
  const { name = '', isLearner = false } = member;
  if (!isShortText(name)) throw badAnswer('has a member whose name is not a short text');
  if (typeof isLearner !== 'boolean') throw badAnswer('has a member whose isLearner is no boolean');
  return { id: readId(member, 'ID'), name, isLearner, clientUrls: readUrls(member.clientURLs) };
}

function readUrls(value: unknown = []): readonly string[] {
  if (!Array.isArray(value) || value.length > mostUrls || !value.every(isShortText)) {
    throw badAnswer('has a member whose clientURLs are not a short list of texts');
  }
  return value;
}

function readId(from: JsonObject, field: string): bigint {
  const value = from[field];
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || !/^[0-9]{1,20}$/.test(text)) {
    throw badAnswer(`has no usable ${field}`);
  }
  return BigInt(text);
}

/** A removed member that has not noticed yet, or is about to stop, knows nothing of the cluster now. */
function checkSelf(list: MemberList): MemberList {
  if (list.members.some(({ id }) => id === list.memberId)) return list;
  throw badAnswer(
    `is from ${formatId(list.memberId)}, which is no member of its own list (removed?)`,
  );
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestText;
}

function badAnswer(what: string): GatewayError {
  return new GatewayError(`the member list ${what}`, {
    code: 'bad-answer',
    side: 'endpoint',
  });
}
