import { RunStateError } from "@lethe/contracts/errors";
import { MASKED_KEY } from "@lethe/contracts/quarantine";
import { defaultSubjectOf, type QuestionKind } from "@lethe/contracts/questions";
import type { RequestComparison } from "@lethe/contracts/request-comparison";
import { type Caller, mayAct } from "@lethe/contracts/roles";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { recordAct } from "@lethe/warehouse/access/acts";
import { readRequest } from "@lethe/warehouse/erasures/requests";
import { readRecordActs } from "@lethe/warehouse/ledger/quarantined-record";
import { type Client, inTransaction, type Pool } from "@lethe/warehouse/pool";
import { findSubjects } from "./subject-closure.js";
import type { SubjectComponent } from "./subject-graph.js";

export interface CompareContext {
  readonly pool: Pool;
  readonly datasets: Datasets;
  /** Whether two people must approve. */
  readonly fourEyes: boolean;
}

/**
 * Compares what an open request says with whom the warehouse knows under its id and under its email. Those whose role sees personal
 * data see the values, and that they looked is recorded; everybody else sees what matches, and the values masked. Throws
 * NotFoundError, and RunStateError for a request that has become an erasure or was answered: nothing of it is kept in the clear.
 */
export async function compareRequest(
  { pool, datasets, fourEyes }: CompareContext,
  id: string,
  caller: Caller,
): Promise<RequestComparison> {
  return inTransaction(pool, async (client) => {
    const { quarantineId, erasureId } = await readRequest(client, datasets.requests.name, id);
    const stored = erasureId === null && quarantineId !== null ? await readOpen(client, quarantineId) : undefined;
    if (stored === undefined || quarantineId === null) {
      throw new RunStateError(`request ${id} is decided: what it said is kept as hashes alone, or masked`);
    }
    const { customerId, email, question } = stored;
    const ofId = await findOne(client, datasets, customerId === null ? undefined : { ids: [customerId] });
    const ofEmail = await findOne(client, datasets, email === null ? undefined : { ids: [], emails: [email] });
    const isPlain = mayAct(caller.role, "privacy-officer");
    if (isPlain) await recordAct(client, { act: "viewed", by: caller.name, quarantineId });
    const shown = (values: readonly string[]) => values.map((value) => (isPlain ? value : MASKED_KEY));
    const sideOf = ({ records, ids, emails, names }: SubjectComponent) => ({
      records: records.length,
      // The one that the request names belongs to the search, whether or not anybody has it.
      customerIds: shown(records.length === 0 ? [] : ids),
      emails: shown(records.length === 0 ? [] : emails),
      names: shown(names),
    });
    const acts = await readRecordActs(client, quarantineId);
    return {
      isMasked: !isPlain,
      question,
      defaultSubject: question === null ? null : defaultSubjectOf(question),
      request: {
        customerId: customerId === null ? null : (shown([customerId])[0] ?? null),
        email: email === null ? null : (shown([email])[0] ?? null),
      },
      ofId: sideOf(ofId),
      ofEmail: sideOf(ofEmail),
      matches: {
        idIsKnown: ofId.records.length > 0,
        emailIsKnown: ofEmail.records.length > 0,
        emailIsOfId: email !== null && ofId.emails.includes(email),
        emailIsShared: email !== null && (ofId.sharedEmails.includes(email) || ofEmail.sharedEmails.includes(email)),
        idIsReused: ofId.reusedIds.length > 0,
      },
      approvalsNeeded: fourEyes ? 2 : 1,
      approvals: acts.filter(({ act }) => act === "approved").map(({ by, at }) => ({ by, at })),
    };
  });
}

const NOBODY: SubjectComponent = { ids: [], emails: [], names: [], sharedEmails: [], reusedIds: [], records: [] };

async function findOne(
  client: Client,
  datasets: Datasets,
  start: Parameters<typeof findSubjects>[2][number] | undefined,
): Promise<SubjectComponent> {
  if (start === undefined) return NOBODY;
  const [component] = await findSubjects(client, datasets, [start]);
  return component ?? NOBODY;
}

interface OpenRequest {
  readonly customerId: string | null;
  readonly email: string | null;
  readonly question: QuestionKind | null;
}

async function readOpen(client: Client, quarantineId: number): Promise<OpenRequest | undefined> {
  const { rows } = await client.query<OpenRequest>(
    `select subject_customer_id as "customerId", subject_email as email, question
     from ledger.quarantine where id = $1 and status = 'open'`,
    [quarantineId],
  );
  return rows[0];
}
