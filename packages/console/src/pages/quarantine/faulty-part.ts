const MASKED = "[masked]";

/**
 * Returns the part of a record that a JSON pointer leads to, as a change of it: `{ purchases: { total_cost: "9.99" } }`. A list is
 * changed whole, so the part ends there. Returns undefined for a text that is no JSON object, or without a pointer.
 */
export function faultyPart(text: string | null, pointer: string | null): Record<string, unknown> | undefined {
  const record = text === null ? undefined : parsed(text);
  if (!isObject(record) || pointer === null || pointer === "") return undefined;
  const names = pointer.slice(1).split("/").map(unescaped);
  return partOf(record, names);
}

/** Reports whether a part holds something that the role does not see, and so cannot set right. */
export function isMaskedPart(part: unknown): boolean {
  return JSON.stringify(part)?.includes(MASKED) === true;
}

function partOf(record: Record<string, unknown>, [name, ...rest]: readonly string[]): Record<string, unknown> {
  if (name === undefined) return record;
  const value = record[name];
  return { [name]: rest.length > 0 && isObject(value) ? partOf(value, rest) : (value ?? null) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** RFC 6901 writes a slash as `~1`, and a tilde as `~0`. */
function unescaped(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
