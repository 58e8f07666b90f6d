/** What a process without sessions holds. */
export interface Rest {
  /** Active handles of libuv, by type. */
  readonly handles: Readonly<Record<string, number>>;
  readonly fds: number;
}

/** What is held after the last session and was not before the first, a sentence each. */
export function leftOvers(before: Rest, after: Rest): string[] {
  const types = new Set([...Object.keys(before.handles), ...Object.keys(after.handles)]);
  const handles = [...types].flatMap((type) => {
    const more = (after.handles[type] ?? 0) - (before.handles[type] ?? 0);
    return more > 0 ? [`${more} more handles of type ${type} than before the first session`] : [];
  });
  const more = after.fds - before.fds;
  return more > 0 ? [...handles, `${more} more descriptors than before`] : handles;
}
