import { randomUUID } from "node:crypto";
import { columnsThatIdentify } from "@lethe/contracts/data-map";
import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { type Keyring, keyedHash } from "@lethe/privacy/privacy-key";
import { recordAct } from "@lethe/warehouse/access/acts";
import { liftRestriction, restrictedSubjects } from "@lethe/warehouse/erasures/restrictions";
import { inTransaction, type Pool, type Queryable } from "@lethe/warehouse/pool";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import { addSubjects, addSuppressions, lockSuppressions, raiseEpoch } from "@lethe/warehouse/suppress-subjects";
import { type Claim, identifySubject, ownEmails } from "./identify-subject.js";

export interface RestrictionContext {
  readonly pool: Pool;
  readonly datasets: Datasets;
  readonly ring: Keyring;
}

/** Who decides, and on what ground, which names a case and not a person. */
export interface Ruling {
  readonly by: string;
  readonly reason: string;
}

/**
 * Restricts a person's data (GDPR Art. 18): it is kept, but analysts see none of it, and records of the person that arrive are
 * held in quarantine until the restriction is lifted. Throws NotFoundError, IdentityDoubtError (see `identifySubject`), and
 * RunStateError for somebody who is restricted.
 */
export async function restrictSubject(
  { pool, datasets, ring }: RestrictionContext,
  claim: Claim,
  { by, reason }: Ruling,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    // From here on no load commits that has not seen the restriction.
    await lockSuppressions(client);
    const subject = await identifySubject(client, datasets, claim);
    if ((await restrictedSubjects(client, hashesOf(ring, subject.ids))).length > 0) {
      throw new RunStateError("the person's data is restricted already");
    }
    const { current } = ring;
    const restriction = { subjectId: randomUUID(), act: "restrict" as const, keyId: current.id };
    await addSubjects(client, [restriction.subjectId], "pseudonymise");
    await addSuppressions(client, [
      ...subject.ids.map((id) => ({
        ...{ ...restriction, kind: "customer-id" as const, key: keyedHash(current, "customer-id", id) },
      })),
      ...ownEmails(subject).map((email) => ({
        ...{ ...restriction, kind: "email" as const, key: keyedHash(current, "email", email) },
      })),
    ]);
    const register = registerOf(datasets);
    if (register !== undefined) {
      await client.query(
        `update ${register.table} set ${register.restrictedAt} = clock_timestamp()
         where ${register.id} = any ($1) and ${register.restrictedAt} is null`,
        [subject.ids],
      );
    }
    await raiseEpoch(client);
    await recordAct(client, { act: "restricted", by, reason });
    await logSuppressionChanges(client, { act: "restricted", by });
  });
}

/**
 * Lifts a restriction: analysts see the person's data again, and the records that were held are taken by the next replays, which
 * the caller opens. Returns the datasets of those records. Throws NotFoundError for somebody who is not restricted, and
 * IdentityDoubtError.
 */
export async function releaseSubject(
  { pool, datasets, ring }: RestrictionContext,
  claim: Claim,
  { by, reason }: Ruling,
): Promise<DatasetName[]> {
  return inTransaction(pool, async (client) => {
    await lockSuppressions(client);
    const subject = await identifySubject(client, datasets, claim);
    const restricted = await restrictedSubjects(client, hashesOf(ring, subject.ids));
    if (restricted.length === 0) throw new NotFoundError("the person's data is not restricted");
    const held = await liftRestriction(client, restricted);
    const register = registerOf(datasets);
    if (register !== undefined) {
      await client.query(
        `update ${register.table} set ${register.restrictedAt} = null where ${register.id} = any ($1)`,
        [subject.ids],
      );
    }
    await raiseEpoch(client);
    await recordAct(client, { act: "released", by, reason });
    await logSuppressionChanges(client, { act: "released", by });
    return held;
  });
}

/** Returns since when the data of one of these ids is restricted, ISO 8601; null when none is. */
export async function readRestriction(
  db: Queryable,
  datasets: Datasets,
  ids: readonly string[],
): Promise<string | null> {
  const register = registerOf(datasets);
  if (register === undefined) return null;
  const { rows } = await db.query<{ since: Date | null }>(
    `select min(${register.restrictedAt}) as since from ${register.table} where ${register.id} = any ($1)`,
    [ids],
  );
  return rows[0]?.since?.toISOString() ?? null;
}

/** Returns the table that registers data subjects, with its columns of the id and of the mark of a restriction. */
function registerOf({ database }: Datasets): { table: string; id: string; restrictedAt: string } | undefined {
  const register = database.tables.find(({ registersSubjects }) => registersSubjects === true);
  const id = register === undefined ? undefined : columnsThatIdentify(register, "customer-id")[0];
  if (register?.restrictedAt === undefined || id === undefined) return undefined;
  return { table: register.name, id, restrictedAt: register.restrictedAt };
}

function hashesOf(ring: Keyring, ids: readonly string[]): Buffer[] {
  return ring.all.flatMap((key) => ids.map((id) => keyedHash(key, "customer-id", id)));
}
