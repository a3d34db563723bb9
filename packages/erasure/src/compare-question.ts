import type { QuestionDetail } from "@lethe/contracts/questions";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { type HashedKind, type Keyring, keyedHash } from "@lethe/privacy/privacy-key";
import { readQuestion } from "@lethe/warehouse/erasures/questions";
import type { Queryable } from "@lethe/warehouse/pool";
import { readErasedIdentifiers } from "@lethe/warehouse/suppress-subjects";
import { parseJson } from "./parse-json.js";

export interface CompareContext {
  readonly datasets: Datasets;
  /** Without the keys nothing can tell what matches: of an erased person hashes alone are left. */
  readonly ring: Keyring | undefined;
}

/** Returns an open question with what each record that it holds has in common with the erased person. Throws NotFoundError. */
export async function compareQuestion(
  db: Queryable,
  { datasets, ring }: CompareContext,
  id: string,
): Promise<QuestionDetail> {
  const { question, subjectId, held } = await readQuestion(db, datasets.requests.name, id, MOST_RECORDS);
  const erased = subjectId === null ? [] : await readErasedIdentifiers(db, [subjectId]);
  function matches(kind: HashedKind, value: string | null): boolean | null {
    if (value === null || ring === undefined || subjectId === null) return null;
    return erased.some(
      (each) =>
        each.kind === kind &&
        ring.all.some((key) => key.id === each.keyId && keyedHash(key, kind, value).equals(each.key)),
    );
  }
  return {
    ...question,
    records: held.map(({ id: record, dataset, customerId, email, payload }) => ({
      id: record,
      dataset,
      customerIdMatches: matches("customer-id", customerId),
      emailMatches: matches("email", email),
      nameMatches: matches(
        "name",
        payload === null || !datasets.has(dataset) ? null : datasets.get(dataset).subjectOf(parseJson(payload)).name,
      ),
    })),
  };
}

const MOST_RECORDS = 100;
