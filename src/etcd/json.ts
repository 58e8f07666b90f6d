export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in `text`; undefined if it is something else. Never throws, whatever it is given. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    return asJsonObject(JSON.parse(text));
  } catch {
    return undefined; // not JSON is one of the answers this function is for
  }
}

export function asJsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
