import type { Dataset, Subject } from "@lethe/datasets/dataset";
import { DEEPEST_NESTING, isNestedDeeper } from "@lethe/datasets/nesting";
import { redactInRecord } from "@lethe/datasets/redact-in-record";
import { repeatedIdentifierIn } from "@lethe/datasets/repeated-identifier";
import { createFieldOf, isHeader } from "@lethe/input-files/csv-header";
import type { Rewrite } from "@lethe/input-files/rewrite";
import { REDACTED } from "@lethe/privacy/mask-value";
import { type FoundValue, isIdentifier, type SearchedKind } from "@lethe/privacy/value-search";
import { parseJson } from "./parse-json.js";
import type { SearchedPeople } from "./searched-people.js";

/** Told of what a search does to the records of a file or table. */
export interface SearchEvents {
  /** A record of the erasure's person was masked or redacted, or mentioned the person and no longer does. */
  onMasked(erasureId: string, values: number): void;
  /** Somebody else's record mentions the person by what others may share: a person decides. */
  onReview(erasureId: string, kind: SearchedKind): void;
  /** A record still holds something of the person. */
  onLeft(erasureId: string): void;
}

/**
 * Creates the rewriting of records in which people are searched for by value. A person's own record becomes what `mask`
 * makes of it, and is redacted whole if any of the person's values is left in it. So is text that is no record, or
 * nobody's, and identifies somebody or gives a full name, and so are the names in a CSV file's header but for those of the
 * dataset's fields. In somebody else's record, identifiers alone are redacted; names, phones and addresses are reported.
 */
export function rewriteFound(dataset: Dataset, mask: Rewrite, people: SearchedPeople, events: SearchEvents): Rewrite {
  const repeatedIdentifier = repeatedIdentifierIn(dataset);
  const hasPeople = Object.values(dataset.fields).some(({ kind }) => kind === "identifying");
  const fieldOf = createFieldOf(dataset.csv);
  const columns = new Set(Object.keys(dataset.fields).map((path) => path.split(".")[0]));
  return {
    header(names) {
      // A file without a header has a record there, all of which is the person's, though a value may be a field's name.
      const isRecord = !isHeader(names, fieldOf, dataset.csv);
      const own = isRecord ? names : names.filter((name) => !columns.has(name));
      const found = people.find(own.join("\n"));
      const named = namedIn(found);
      for (const erasureId of named) events.onMasked(erasureId, 1);
      if (named.length === 0) {
        report(found, false);
        return undefined;
      }
      const naming = isRecord ? [] : own.filter((name) => namedIn(people.find(name)).length > 0);
      const redacted = new Set(naming.length === 0 ? own : naming);
      // Two columns of the same name would make the file unreadable.
      let number = 0;
      const next = () => (number++ === 0 ? REDACTED : `${REDACTED} ${number}`);
      return names.map((name) => (redacted.has(name) ? next() : name));
    },
    json(text) {
      const record = parseJson(text);
      const isDeep = record !== undefined && isNestedDeeper(DEEPEST_NESTING, record, text);
      const subject = dataset.subjectOf(record === undefined ? fieldsIn(text) : record);
      const found = people.find(text);
      const isAmbiguous = isDeep || (found.length > 0 && repeatedIdentifier(text) !== undefined);
      const isOther = record !== undefined && !isAmbiguous && isOthers(record, subject);
      const erasures = erasuresOf(record, subject, found, isOther);
      if (found.length === 0 && erasures.length === 0) return undefined;
      if (erasures.length === 0) return redactOthers(record, found, subject.name !== null);
      const masked = mask.json(text) ?? REDACTED;
      for (const erasureId of erasures) events.onMasked(erasureId, 1);
      return people.find(masked).length === 0 ? masked : REDACTED;
    },
    csv(row) {
      const record = dataset.fromCsv(row);
      const subject = dataset.subjectOf(record);
      const text = Object.values(row).join("\n");
      const found = people.find(text);
      const erasures = erasuresOf(record, subject, found, isOthers(record, subject));
      if (found.length === 0 && erasures.length === 0) return undefined;
      if (erasures.length === 0) {
        const redacted = redactInRecord(dataset, row, people.find, subject.name !== null);
        report(found, redacted !== undefined);
        return redacted as Readonly<Record<string, string>> | undefined;
      }
      const redacted = Object.fromEntries(Object.keys(row).map((name) => [name, REDACTED]));
      const masked = mask.csv(row) ?? redacted;
      for (const erasureId of erasures) events.onMasked(erasureId, 1);
      return people.find(Object.values(masked).join("\n")).length === 0 ? masked : redacted;
    },
  };

  /** Reports whether a record is that of somebody who is not searched for, or of no person at all. */
  function isOthers(record: unknown, { customerId, email }: Subject): boolean {
    if (typeof record !== "object" || record === null || Array.isArray(record)) return false;
    if (!hasPeople) return true;
    // Where a row is shifted, something else stands in the place of the id.
    return customerId === null || customerId === "" ? email !== null : IDS_FORM.test(customerId);
  }

  function erasuresOf(
    record: unknown,
    subject: Subject,
    found: readonly FoundValue[],
    isOther: boolean,
  ): readonly string[] {
    const owner = people.ownerOf(subject) ?? people.ownerOfRecord(record);
    if (owner !== undefined) return [owner];
    if (isOther) return [];
    return [...new Set([...namedIn(found), ...people.ownersOfName(subject.name)])];
  }

  function redactOthers(record: unknown, found: readonly FoundValue[], keepsOwnEmail: boolean): string | undefined {
    const redacted = record === undefined ? undefined : redactInRecord(dataset, record, people.find, keepsOwnEmail);
    // A name that occurs twice in an object hides the first of its values from who parses it.
    const isHidden = redacted === undefined && record !== undefined && isHiddenIn(record, found);
    report(found, redacted !== undefined || isHidden);
    if (redacted === undefined && !isHidden) return undefined;
    return JSON.stringify(redacted ?? record);
  }

  function isHiddenIn(record: unknown, found: readonly FoundValue[]): boolean {
    const before = found.filter(({ kind }) => kind === "email").length;
    return before > 0 && people.find(JSON.stringify(record)).filter(({ kind }) => kind === "email").length < before;
  }

  function report(found: readonly FoundValue[], isRedacted: boolean): void {
    const reported = new Set<string>();
    for (const { erasureId, kind } of found) {
      if (reported.has(`${erasureId} ${kind}`)) continue;
      reported.add(`${erasureId} ${kind}`);
      if (isRedacted && isIdentifier(kind)) events.onMasked(erasureId, 1);
      // A number that is no id where it stands, or a mailbox that several people share, which is this one's, too.
      else if (kind !== "customer-id") events.onReview(erasureId, kind);
    }
  }
}

/** Returns the fields that can still be told apart in a broken line. */
function fieldsIn(text: string): Readonly<Record<string, unknown>> {
  const fields = [...text.matchAll(/"([^"\\]{1,64})"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+)/g)];
  return Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, parseJson(value) ?? null]));
}

/** Returns the erasures of the people whom text names. */
function namedIn(found: readonly FoundValue[]): readonly string[] {
  const named = found.filter(({ kind }) => isIdentifier(kind) || kind === "name");
  return [...new Set(named.map(({ erasureId }) => erasureId))];
}

/** What stands where a person's id belongs. What an erasure leaves of one is nobody else's. */
const IDS_FORM = /^\d{6}$/;
