import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Subject } from "@lethe/datasets/dataset";
import { foldText } from "@lethe/privacy/fold-text";
import { formsOfEmail } from "@lethe/privacy/forms-of-email";
import { createValueSearch, type FoundValue } from "@lethe/privacy/value-search";
import { recordDigest } from "./record-digest.js";
import type { SubjectValues } from "./subject-values.js";

/** The people of pending erasures, by everything that is known of them. */
export interface SearchedPeople {
  readonly isEmpty: boolean;
  /** Returns what a text holds of them. */
  find(text: string): FoundValue[];
  /** Returns the erasure whose person a record belongs to, by its id, or, where it has none, by its email. */
  ownerOf(subject: Subject): string | undefined;
  /** Returns the erasure whose person a record was corrected to in quarantine, whatever it says of itself. */
  ownerOfRecord(record: unknown): string | undefined;
  /** Reports whether a file may hold such records. */
  mayHoldCorrected(fileIds: readonly number[]): boolean;
  /** Returns the erasures of people of this full name. */
  ownersOfName(name: string | null): readonly string[];
  /** Returns the erasures that a file is known to concern. */
  ownersOfFile(fileId: number): readonly string[];
}

/** Creates a search for the people of erasures, given by erasure id. */
export function createSearchedPeople(
  values: ReadonlyMap<string, SubjectValues>,
  datasets: Pick<Datasets, "all">,
): SearchedPeople {
  const people = [...values].map(([erasureId, own]) => ({ erasureId, ...own }));
  const search = createValueSearch(people, wordsOfFields(datasets));
  const byId = new Map(people.flatMap(({ erasureId, ids }) => ids.map((id) => [foldText(id).trim(), erasureId])));
  const byEmail = new Map(
    people.flatMap(({ erasureId, emails }) => emails.flatMap(formsOfEmail).map((email) => [email, erasureId])),
  );
  const byName = groupByText(
    people.flatMap(({ erasureId, names }) => names.map((name) => [foldText(name), erasureId] as const)),
  );
  const byRecord = new Map(people.flatMap(({ erasureId, records = [] }) => records.map((each) => [each, erasureId])));
  const corrected = new Set(people.flatMap(({ records = [], fileIds }) => (records.length === 0 ? [] : fileIds)));
  const byFile = new Map<number, string[]>();
  for (const { erasureId, fileIds } of people) {
    for (const fileId of fileIds) {
      const owners = byFile.get(fileId) ?? [];
      owners.push(erasureId);
      byFile.set(fileId, owners);
    }
  }
  return {
    isEmpty: people.length === 0,
    find: search.find,
    ownerOf({ customerId, email }) {
      if (customerId !== null && customerId !== "") return byId.get(foldText(customerId).trim());
      return email === null ? undefined : byEmail.get(foldText(email).trim());
    },
    ownerOfRecord: (record) =>
      byRecord.size === 0 || record === undefined ? undefined : byRecord.get(recordDigest(record)),
    mayHoldCorrected: (fileIds) => fileIds.some((id) => corrected.has(id)),
    ownersOfName: (name) => (name === null ? [] : (byName.get(foldText(name)) ?? [])),
    ownersOfFile: (fileId) => byFile.get(fileId) ?? [],
  };
}

/** The words of which names of fields are made: in a broken line they stand between the parts of a person's name. */
function wordsOfFields({ all }: Pick<Datasets, "all">): ReadonlySet<string> {
  const names = all.flatMap(({ fields }) => Object.keys(fields));
  return new Set(names.flatMap((name) => foldText(name).split(/[^\p{L}\p{N}]+/u)));
}

function groupByText(entries: readonly (readonly [text: string, erasureId: string])[]): Map<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [text, erasureId] of entries) {
    const group = groups.get(text) ?? [];
    group.push(erasureId);
    groups.set(text, group);
  }
  return groups;
}
