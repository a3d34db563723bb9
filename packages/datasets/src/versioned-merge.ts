import type { Merge } from "./dataset.js";

export interface VersionedTable {
  readonly stage: string;
  readonly table: string;
  readonly history: string;
  readonly key: string;
  /** Columns that make up a version, the key not among them. */
  readonly columns: readonly string[];
  /** Columns that staging and table have beside those, and that do not make a version another one. */
  readonly extraColumns: readonly string[];
  /** SQL of a version's age, newest last; over columns of the staging table and the table alike. */
  readonly age: readonly string[];
  /** SQL of the instant that a version holds from. */
  readonly validFrom: string;
}

/**
 * Creates the merge of a dataset of which newer versions replace older ones (slowly changing dimension type 2): the newest
 * version stands in the table, all others in its history, whatever the order in which they come.
 */
export function versionedMerge(t: VersionedTable): Merge {
  const content = [t.key, ...t.columns];
  const kept = [...content, ...t.extraColumns, "source_partition", "source_file_id"];
  const fields = (alias: string, names: readonly string[]) => names.map((name) => `${alias}.${name}`).join(", ");
  const same = (a: string, b: string) =>
    `${a}.${t.key} = ${b}.${t.key} and (${fields(a, t.columns)}) is not distinct from (${fields(b, t.columns)})`;
  return {
    batchesAtOnce: 1,
    openStage: null,
    lock: `select pg_advisory_xact_lock(hashtextextended('lethe merge ${t.table}', 0))`,
    findRejects: [
      `insert into stage_rejects (ordinal, reason)
       select ordinal, 'duplicate'
       from (select ordinal, row_number() over (partition by ${content.join(", ")} order by ordinal) as copy
             from ${t.stage}) as copies
       where copy > 1`,
      `insert into stage_rejects (ordinal, reason)
       select s.ordinal, 'duplicate' from ${t.stage} s
       where exists (select from ${t.table} current where ${same("current", "s")})
          or exists (select from ${t.history} old where ${same("old", "s")})
       on conflict do nothing`,
    ],
    apply: [
      `with candidate as (
         select ${fields("s", [...content, ...t.extraColumns, "source_partition"])}, s.file_id as source_file_id,
                ${t.validFrom} as valid_from, clock_timestamp() as loaded_at, s.ordinal, false as is_current
         from ${t.stage} s
         where not exists (select from stage_rejects r where r.ordinal = s.ordinal)
         union all
         select ${fields("c", kept)}, c.valid_from, c.loaded_at, -1, true
         from ${t.table} c
         where c.${t.key} in (select ${t.key} from ${t.stage})
       ), ranked as (
         select *, row_number() over (partition by ${t.key}
                                      order by ${t.age.map((age) => `${age} desc nulls last`).join(", ")}, ordinal desc) as rank
         from candidate
       ), superseded as (
         insert into ${t.history} (${kept.join(", ")}, valid_from, loaded_at)
         select ${kept.join(", ")}, valid_from, loaded_at from ranked where rank > 1
       )
       insert into ${t.table} (${kept.join(", ")}, valid_from, loaded_at)
       select ${kept.join(", ")}, valid_from, loaded_at from ranked where rank = 1 and not is_current
       order by ${t.key}
       on conflict (${t.key}) do update
       set ${[...kept.slice(1), "valid_from", "loaded_at"].map((name) => `${name} = excluded.${name}`).join(", ")}`,
      // A version ends where the next one begins; one that comes late shortens the version before it.
      `with version as (
         select version_id, ${t.key}, valid_from, ${t.age.join(", ")} from ${t.history}
         where ${t.key} in (select ${t.key} from ${t.stage})
         union all
         select null, ${t.key}, valid_from, ${t.age.join(", ")} from ${t.table}
         where ${t.key} in (select ${t.key} from ${t.stage})
       ), ended as (
         select version_id, lead(valid_from) over (partition by ${t.key}
           order by ${t.age.map((age) => `${age} nulls first`).join(", ")}, version_id nulls last) as valid_to
         from version
       )
       update ${t.history} h set valid_to = ended.valid_to
       from ended
       where h.version_id = ended.version_id and h.valid_to is distinct from ended.valid_to`,
    ],
    missingKeyArrived: null,
  };
}
