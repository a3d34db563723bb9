import type { ErasureOutcome } from "@lethe/contracts/erasures";
import type { RequestSubject } from "@lethe/contracts/questions";
import { type HashedKind, type Keyring, keyedHash, type PrivacyKey } from "@lethe/privacy/privacy-key";
import type { Queryable } from "@lethe/warehouse/pool";

/** A data subject on the suppression list, or about to be put there. */
export interface KnownSubject {
  readonly subjectId: string;
  readonly outcome: ErasureOutcome;
  /** The key of the subject's hashes and pseudonyms. */
  readonly key: PrivacyKey;
}

/** What the suppression list knows of some requests' ids and emails. */
export interface SuppressedSubjects {
  /** Returns the subject under whose suppressions a request falls, by its id or, with `byEmail`, by its email. */
  of(request: Request, byEmail: boolean): KnownSubject | undefined;
  /** Reports whether the person of a request was erased, or is taken by an erasure, whose data it asks for. */
  isErased(request: Request, approved: RequestSubject | null): boolean;
  isErasedByEmail(request: Request): boolean;
  /** Reports whether the id was suppressed for a request that has not become an erasure yet. */
  isBeingErased(request: Request): boolean;
}

interface Request {
  readonly customerId: string;
  readonly email: string;
}

/** Looks up the ids and emails of requests on the suppression list, all at once. */
export async function createSuppressedSubjects(
  db: Queryable,
  ring: Keyring,
  requests: readonly Request[],
): Promise<SuppressedSubjects> {
  const hashed = requests.flatMap(({ customerId, email }) =>
    ring.all.flatMap((key) => [
      { kind: "customer-id" as const, value: customerId, hash: keyedHash(key, "customer-id", customerId) },
      { kind: "email" as const, value: email, hash: keyedHash(key, "email", email) },
    ]),
  );
  const { rows } = await db.query<ListedRow>(
    `select s.kind, encode(s.key, 'hex') as hash, s.subject_id as "subjectId", s.key_id as "keyId", p.outcome,
            -- What has arrived of a suppressed person may be erased before their request is taken.
            exists (select from warehouse.erasure_requests e
                    where e.subject_id = s.subject_id and e.state <> 'lifted' and e.kind <> 'follow-up') as "isTaken"
     from unnest($1::text[], $2::bytea[]) as asked (kind, key)
     join privacy.suppressions s on s.kind = asked.kind and s.key = asked.key and s.act = 'erase' and s.lifted_at is null
     join privacy.subjects p on p.id = s.subject_id`,
    [hashed.map(({ kind }) => kind), hashed.map(({ hash }) => hash)],
  );
  const byHash = new Map(rows.map((row) => [`${row.kind} ${row.hash}`, row]));
  const byValue = new Map<string, ListedRow>();
  for (const { kind, value, hash } of hashed) {
    const row = byHash.get(`${kind} ${hash.toString("hex")}`);
    if (row !== undefined) byValue.set(`${kind} ${value}`, row);
  }
  const find = (kind: HashedKind, value: string) => byValue.get(`${kind} ${value}`);
  const ofId = ({ customerId }: Request) => find("customer-id", customerId);
  const ofEmail = ({ email }: Request) => find("email", email);
  return {
    of(request, byEmail) {
      const row = byEmail ? ofEmail(request) : ofId(request);
      if (row === undefined) return undefined;
      const { subjectId, outcome, keyId } = row;
      return { subjectId, outcome, key: ring.all.find(({ id }) => id === keyId) ?? ring.current };
    },
    isErased: (request, approved) => (approved === "email" ? ofEmail(request) : ofId(request))?.isTaken === true,
    isErasedByEmail: (request) => ofEmail(request)?.isTaken === true,
    isBeingErased: (request) => ofId(request)?.isTaken === false,
  };
}

interface ListedRow {
  readonly kind: HashedKind;
  readonly hash: string;
  readonly subjectId: string;
  readonly keyId: string;
  readonly outcome: ErasureOutcome;
  readonly isTaken: boolean;
}
