import { mayHoldNoise, withoutNoise } from "@lethe/privacy/invisible-characters";

/**
 * Returns a record whose texts hold no characters that nobody sees, so that ids and numbers with such ones are read, too.
 * `text` is the record's JSON text: a record that can hold none is returned as it is. Names of fields stay.
 */
export function recordWithoutNoise(record: unknown, text: string): unknown {
  return isPlain(text) || !(mayHoldNoise(text) || text.includes("\\u")) ? record : clean(record);
}

/** Nearly all records are printable ASCII without an escape. */
function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text) && !text.includes("\\u");
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return withoutNoise(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(clean);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, clean(each)]));
}
