import type { ErasureVerification } from "@lethe/contracts/verification";
import type { Keyring } from "@lethe/privacy/privacy-key";
import { readReceipt } from "@lethe/warehouse/erasures/receipts";
import type { Queryable } from "@lethe/warehouse/pool";
import { checkReceipt } from "@lethe/warehouse/proof/check-receipt";
import { type LogSources, verifyLog } from "@lethe/warehouse/proof/verify-log";
import { readSuppressions, type StoredIdentifier } from "@lethe/warehouse/suppressions";
import { type Search, type SearchContext, searchEverything } from "./verify-erasures.js";

export interface VerifyContext extends Omit<SearchContext, "ring"> {
  /** Without the keys nobody on the suppression list can be looked for. */
  readonly ring: Keyring | undefined;
}

/**
 * Checks the receipt of one erasure, by the erasure's id or the receipt's number, and the whole log that it stands in, and looks through
 * everything that Lethe keeps for its person. Throws NotFoundError where there is no receipt.
 */
export async function verifyErasure(
  context: VerifyContext,
  key: string,
  sources: LogSources = {},
): Promise<ErasureVerification> {
  const receipt = await readReceipt(context.pool, key);
  const receiptFaults = checkReceipt(receipt, sources.verifySignature);
  const log = await verifyLog(context.pool, sources);
  const identifiers = await identifiersOf(context.pool, receipt.body.erasureId);
  const { ring } = context;
  const isSearched = ring !== undefined && identifiers.length > 0;
  const search = isSearched ? await searchEverything({ ...context, ring }, identifiers) : NOTHING;
  const isSigned = receipt.checkpoint !== null;
  const isSignatureChecked = sources.verifySignature !== undefined;
  const faults = receiptFaults.length + log.faults.length + log.withoutReceipt.length + search.findings.length;
  return {
    verifiedAt: new Date().toISOString(),
    isProven: faults === 0 && isSearched && isSigned && isSignatureChecked,
    ...{ receiptFaults, isSigned, isSignatureChecked },
    ...log,
    ...{ faults: [...log.faults], withoutReceipt: [...log.withoutReceipt] },
    search: isSearched ? "made" : identifiers.length === 0 ? "lifted" : "no_key",
    ...search,
    findings: [...search.findings],
  };
}

const NOTHING: Search = {
  looked: { records: 0, files: 0, bytes: 0 },
  findings: [],
  held: 0,
  notSearched: { tables: 0, sealed: 0, destroyed: 0, unreadable: 0, missing: 0 },
};

/** Returns what the suppression list has of the person of an erasure. */
async function identifiersOf(db: Queryable, erasureId: string): Promise<StoredIdentifier[]> {
  const { rows } = await db.query<{ subjectId: string | null }>(
    `select subject_id as "subjectId" from warehouse.erasure_requests where id::text = $1`,
    [erasureId],
  );
  const subjectId = rows[0]?.subjectId;
  const { identifiers } = await readSuppressions(db);
  return identifiers.filter((identifier) => identifier.subjectId === subjectId && identifier.act !== "question");
}
