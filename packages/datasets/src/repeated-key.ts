/**
 * Returns a key that occurs twice in one object of a record, at any depth; undefined if none does. Takes the JSON text and what it
 * was parsed into, which has the last of the values alone. A text has a quote and a colon for each key: nearly all texts
 * have as many as there are keys, and are not gone through.
 */
export function repeatedKeyIn(record: unknown, text: string): string | undefined {
  return countKeyEnds(text) > countKeys(record) ? findRepeated(text) : undefined;
}

/** Counts the colons that follow a quote, with or without white space. Those within strings count, too. */
function countKeyEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) {
    let before = at - 1;
    while (before > 0 && text.charCodeAt(before) <= SPACE) before--;
    if (text.charCodeAt(before) === QUOTE) count += 1;
  }
  return count;
}

const SPACE = 0x20;
const QUOTE = 0x22;

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countKeys(element);
    return count;
  }
  // `Object.values` would cost as much as the parsing.
  for (const key in value) {
    count += 1;
    const part: unknown = value[key as keyof typeof value];
    if (typeof part === "object") count += countKeys(part);
  }
  return count;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

function findRepeated(text: string): string | undefined {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = readKey(last);
      const seen = open.at(-1);
      if (seen?.has(key) === true) return key;
      seen?.add(key);
    }
    last = token;
  }
  return undefined;
}

function readKey(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}
