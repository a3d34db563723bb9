import type { Dataset } from "./dataset.js";

/**
 * Creates a function that returns the identifying field whose key occurs twice in a record, given as JSON text; undefined if
 * none does. Who parses such a record sees the last of its values alone. Nearly all texts hold each name once, and are only
 * looked through for it.
 */
export function repeatedIdentifierIn(dataset: Pick<Dataset, "fields">): (text: string) => string | undefined {
  const names = Object.keys(dataset.fields).filter((path) => dataset.fields[path]?.kind === "identifying");
  const words = names.map((name) => `"${name}"`);
  return (text) => {
    if (!text.includes("\\u") && !words.some((word) => occursTwice(text, word))) return undefined;
    const seen = new Set<string>();
    for (const key of keysOf(text)) {
      if (!names.includes(key)) continue;
      if (seen.has(key)) return key;
      seen.add(key);
    }
    return undefined;
  };
}

function occursTwice(text: string, word: string): boolean {
  const first = text.indexOf(word);
  return first !== -1 && text.indexOf(word, first + word.length) !== -1;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gs;

/** Yields the keys of the outermost object of a JSON text. */
function* keysOf(text: string): Generator<string> {
  let depth = 0;
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (token === ":" && depth === 1) yield readKey(last);
    last = token;
  }
}

function readKey(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}
