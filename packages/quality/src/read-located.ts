import { type Document, isMap, parseDocument } from "yaml";

/** What a text of YAML or JSON holds, and where. */
export interface Located {
  readonly value: unknown;
  /** Returns the line of the innermost thing that a JSON pointer (RFC 6901) leads to. */
  lineOf(pointer: string): number;
}

/** Reads a mapping from a text of YAML or JSON. Throws what `wrong` makes of the problem for any other text. */
export function readLocated(text: string, wrong: (problems: readonly string[]) => Error): Located {
  const document = parseDocument(text, { uniqueKeys: true, merge: false, resolveKnownTags: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw wrong([`line ${error.linePos?.[0].line ?? 1}: it is neither YAML nor JSON (${error.code})`]);
  }
  if (!isMap(document.contents)) throw wrong(["it must begin with `datasets:`"]);
  return {
    value: readValue(document, wrong),
    lineOf(pointer) {
      for (let path = partsOf(pointer); path.length > 0; path = path.slice(0, -1)) {
        const node = document.getIn(path, true) as { readonly range?: readonly number[] } | undefined;
        const start = node?.range?.[0];
        if (start !== undefined) return text.slice(0, start).split("\n").length;
      }
      return 1;
    },
  };
}

function readValue(document: Document, wrong: (problems: readonly string[]) => Error): unknown {
  try {
    // An alias that stands for too much is refused: the text is a person's, and short.
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw error instanceof ReferenceError ? wrong(["it has an alias that stands for nothing, or for too much"]) : error;
  }
}

function partsOf(pointer: string): (string | number)[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
