import { isSaidToBeId } from "@lethe/privacy/id-context";
import { REDACTED } from "@lethe/privacy/mask-value";
import { redactInText } from "@lethe/privacy/redact-in-text";
import type { FoundValue } from "@lethe/privacy/value-search";
import type { Dataset } from "./dataset.js";

type Find = (text: string) => readonly Pick<FoundValue, "kind" | "start" | "end">[];

/**
 * Returns a copy of somebody else's record without the identifiers that `find` finds in it, undefined if there are none.
 * Emails are redacted in every field and in the names of fields; where `keepsOwnEmail` says so, not in the one that holds
 * the record's own email: people of different names may share a mailbox. Ids are redacted in fields that the dataset does not know; in free text where the word before
 * them says that they are ids; any other number may be a postcode, an article or a price.
 */
export function redactInRecord(
  dataset: Pick<Dataset, "fields" | "shape">,
  record: unknown,
  find: Find,
  keepsOwnEmail = false,
): unknown {
  let isChanged = false;
  /** `ids`: whether any number may be an id; the name of a field where the words before a number must say that it is one. */
  const redactedText = (text: string, ids: boolean | string) => {
    const redacted = redactInText(text, (part) =>
      find(part).filter(({ kind, start }) => {
        if (kind !== "customer-id") return kind === "email";
        return typeof ids === "string" ? isSaidToBeId(ids, part, start) : ids;
      }),
    );
    if (redacted !== undefined) isChanged = true;
    return redacted ?? text;
  };
  const walk = (value: unknown, path: string, depth: number): unknown => {
    const field = Object.hasOwn(dataset.fields, path) ? dataset.fields[path] : undefined;
    if (typeof value === "string") {
      if (field?.kind === "identifying" && (field.of !== "email" || keepsOwnEmail)) return value;
      const isFreeText = field?.kind === "personal" && field.search !== "phone" && field.search !== "postcode";
      if (field !== undefined) return redactedText(value, isFreeText ? lastName(path) : false);
      return redactedText(value, !isKnown(dataset, path) && !(/^[\d.]*$/.test(value) && isAmount(dataset, path)));
    }
    if (typeof value === "number") {
      if (field !== undefined || isKnown(dataset, path) || isAmount(dataset, path)) return value;
      const isId =
        isSaidToBeId(lastName(path), "", 0) && find(`id ${value}`).some(({ kind }) => kind === "customer-id");
      if (isId) isChanged = true;
      return isId ? REDACTED : value;
    }
    if (typeof value !== "object" || value === null || depth > MOST_DEPTH) return value;
    if (Array.isArray(value)) return value.map((part) => walk(part, path, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => {
        const below = path === "" ? name : `${path}.${name}`;
        return [redactedText(name, !isKnown(dataset, below)), walk(part, below, depth + 1)];
      }),
    );
  };
  const redacted = walk(record, "", 0);
  return isChanged ? redacted : undefined;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Deeper records are no other's: they are redacted whole. */
const MOST_DEPTH = 200;

/**
 * Reports whether a field has the name of one that the schema has elsewhere and no declaration covers. A cleaned record is shaped
 * another way than the raw one, and what its fields count or cost is no id in either.
 */
function isAmount({ fields, shape }: Pick<Dataset, "fields" | "shape">, path: string): boolean {
  const name = path.slice(path.lastIndexOf(".") + 1);
  const isDeclared = Object.keys(fields).some((declared) => declared.slice(declared.lastIndexOf(".") + 1) === name);
  return !isDeclared && hasName(shape, name);
}

function hasName(level: Dataset["shape"] | undefined, name: string): boolean {
  if (level === undefined) return false;
  return level.known.has(name) || [...level.known.values()].some(({ object, items }) => hasName(object ?? items, name));
}

/** Reports whether the dataset's schema has a field; the items of a list are no level of their own. */
function isKnown({ shape }: Pick<Dataset, "shape">, path: string): boolean {
  let level: Dataset["shape"] | undefined = shape;
  const names = path.split(".");
  for (const [i, name] of names.entries()) {
    const known: ReturnType<Dataset["shape"]["known"]["get"]> = level?.known.get(name);
    if (known === undefined) return false;
    level = known.object ?? known.items;
    if (i < names.length - 1 && level === undefined) return false;
  }
  return true;
}
