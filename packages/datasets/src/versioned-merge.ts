import type { Merge } from "./dataset.js";
import { type AgeOrder, seenOf, stagedAge, validFrom } from "./version-age.js";

export interface VersionedTable extends AgeOrder {
  readonly stage: string;
  readonly table: string;
  readonly history: string;
  readonly key: string;
  /** The field of the input that the key comes from, and SQL of the key of a record that was rejected: see `Redelivery`. */
  readonly idField: string;
  readonly keyOfRejected: string;
  /** Columns that make up a version, the key not among them. */
  readonly columns: readonly string[];
  /** Columns that staging and table have beside those, and that do not make a version another one. */
  readonly extraColumns: readonly string[];
  /** The one of them that says when a version's person was erased. The version keeps no ages then, which say when they changed. */
  readonly erasedAt?: string;
}

/** What becomes of the versions of a batch's keys. A row is a staged record, or a stored version that changes. */
const PLAN = `
  create temp table if not exists version_plan (
    -- new: a staged version to be stored. duplicate: a staged record that its neighbour in the order of ages equals.
    -- keep: a stored version whose time of validity grows or shrinks, or that is current no longer.
    -- split: the older part of a stored version, which another version has come into the middle of.
    action     text not null,
    -- The staged record; of a stored version, a staged record of the same key.
    ordinal    integer not null,
    -- The version in the history; null for a staged record and for the current version.
    version_id bigint,
    is_newest  boolean not null,
    first_seen bigint[] not null,
    last_seen  bigint[] not null
  ) on commit delete rows`;

/**
 * Creates the merge of a dataset of which newer versions replace older ones (slowly changing dimension type 2): the newest
 * version stands in the table, all others in its history, whatever the order in which they come. A stored version knows the
 * ages of the first and the last record that brought it. A record that equals its neighbour in the order of ages is a
 * duplicate; it moves these two apart at the most. A record between them that differs splits the version.
 */
export function versionedMerge(t: VersionedTable): Merge {
  const kept = [t.key, ...t.columns, ...t.extraColumns, "source_partition", "source_file_id"];
  const stored = [...kept, "first_seen", "last_seen", "valid_from", "loaded_at"];
  const of = (alias: string, names: readonly string[]) => names.map((name) => `${alias}.${name}`).join(", ");
  const content = (alias: string) => `row(${of(alias, t.columns)})`;
  const keptAge = (alias: string, age: "first_seen" | "last_seen") =>
    t.erasedAt === undefined ? `p.${age}` : `case when ${alias}.${t.erasedAt} is null then p.${age} end`;
  const ages = (alias: string) => `${keptAge(alias, "first_seen")}, ${keptAge(alias, "last_seen")}`;
  const staged = `${of("s", [t.key, ...t.columns, ...t.extraColumns, "source_partition"])}, s.file_id,
      ${ages("s")}, ${validFrom(t, "p.first_seen", "now()")}, clock_timestamp()`;
  const version = (alias: string) =>
    `${of(alias, kept)}, ${ages(alias)}, ${validFrom(t, "p.first_seen", `${alias}.loaded_at`)}, ${alias}.loaded_at`;
  const currentOfPlan = `version_plan p join ${t.stage} s on s.ordinal = p.ordinal join ${t.table} c on c.${t.key} = s.${t.key}`;
  const order = `${t.key} order by age, place, version_id, ordinal`;
  // A version of an older partition that comes late is no correction.
  const isLoaded = (table: string) => `exists (
    select from ${table} v
    where v.${t.key} = ${t.keyOfRejected} and v.source_file_id > q.file_id
      and v.source_partition >= (f.partition_date + make_interval(hours => f.partition_hour)) at time zone 'UTC'
  )`;
  return {
    batchesAtOnce: 1,
    openStage: null,
    lock: `select pg_advisory_xact_lock(hashtextextended('lethe merge ${t.table}', 0))`,
    findRejects: [
      PLAN,
      `insert into version_plan (action, ordinal, version_id, is_newest, first_seen, last_seen)
       with found as (
         select null::bigint as version_id, c.${t.key}, ${content("c")} as content,
                ${seenOf(t, "c", "first_seen")} as first_seen, ${seenOf(t, "c", "last_seen")} as last_seen
         from ${t.table} c where c.${t.key} in (select ${t.key} from ${t.stage})
         union all
         select h.version_id, h.${t.key}, ${content("h")}, ${seenOf(t, "h", "first_seen")}, ${seenOf(t, "h", "last_seen")}
         from ${t.history} h where h.${t.key} in (select ${t.key} from ${t.stage})
       ), version as (
         -- What an erasure has left of ages may not show any more that the current version is the newest.
         select version_id, ${t.key}, content,
                case when version_id is null then greatest(first_seen, past) else first_seen end as first_seen,
                case when version_id is null then greatest(last_seen, past) else last_seen end as last_seen
         from (select *, max(last_seen) filter (where version_id is not null) over (partition by ${t.key}) as past
               from found) f
       ), point as (
         select s.${t.key}, s.ordinal, null::bigint as version_id, 2 as place, ${content("s")} as content,
                ${stagedAge(t, "s")} as age
         from ${t.stage} s
         union all
         select ${t.key}, null, version_id, case when version_id is null then 1 else 0 end, content, first_seen from version
         union all
         select ${t.key}, null, version_id, case when version_id is null then 1 else 0 end, content, last_seen from version
         where last_seen > first_seen
       ), compared as (
         select *, content is distinct from lag(content) over (partition by ${order}) as begins,
                min(ordinal) over (partition by ${t.key}) as any_ordinal
         from point
       ), numbered as (
         select *, count(*) filter (where begins) over (partition by ${order}) as island from compared
       ), island as (
         select ${t.key}, island, min(age) as first_seen, max(age) as last_seen,
                count(distinct coalesce(version_id, 0)) filter (where ordinal is null) as versions,
                (array_agg(ordinal order by age, ordinal) filter (where ordinal is not null))[1] as first_ordinal,
                max(island) over (partition by ${t.key}) as newest
         from numbered group by ${t.key}, island
       ), placed as (
         select ${t.key}, version_id, any_ordinal, min(island) as first_island, max(island) as last_island
         from numbered where ordinal is null group by ${t.key}, version_id, any_ordinal
       ), bounded as (
         select p.any_ordinal, p.version_id, l.island = l.newest as is_newest, v.first_seen as old_first, v.last_seen as old_last,
                case when l.versions = 1 then l.first_seen
                     when p.first_island < p.last_island then v.last_seen else v.first_seen end as first_seen,
                case when l.versions = 1 or p.version_id is null then l.last_seen else v.last_seen end as last_seen
         from placed p
         join version v on v.${t.key} = p.${t.key} and v.version_id is not distinct from p.version_id
         join island l on l.${t.key} = p.${t.key} and l.island = p.last_island
       )
       select case when i.versions > 0 or n.ordinal <> i.first_ordinal then 'duplicate' else 'new' end,
              n.ordinal, null::bigint, i.island = i.newest, i.first_seen, i.last_seen
       from numbered n join island i on i.${t.key} = n.${t.key} and i.island = n.island
       where n.ordinal is not null
       union all
       select 'keep', any_ordinal, version_id, is_newest, first_seen, last_seen from bounded
       where first_seen <> old_first or last_seen <> old_last or version_id is null and not is_newest
       union all
       select 'split', p.any_ordinal, p.version_id, false,
              case when f.versions = 1 then f.first_seen else v.first_seen end, f.last_seen
       from placed p
       join version v on v.${t.key} = p.${t.key} and v.version_id is not distinct from p.version_id
       join island f on f.${t.key} = p.${t.key} and f.island = p.first_island
       where p.first_island < p.last_island`,
      "insert into stage_rejects (ordinal, reason) select ordinal, action from version_plan where action = 'duplicate'",
    ],
    apply: [
      `insert into ${t.history} (${stored.join(", ")})
       select ${version("h")} from version_plan p join ${t.history} h on h.version_id = p.version_id where p.action = 'split'
       union all
       select ${version("c")} from ${currentOfPlan}
       where p.version_id is null and (p.action = 'split' or p.action = 'keep' and not p.is_newest)
       union all
       select ${staged} from version_plan p join ${t.stage} s on s.ordinal = p.ordinal
       where p.action = 'new' and not p.is_newest`,
      `update ${t.history} h
       set (first_seen, last_seen) = row(${ages("h")}),
           valid_from = ${validFrom(t, "p.first_seen", "h.loaded_at")}
       from version_plan p
       where p.action = 'keep' and h.version_id = p.version_id`,
      `update ${t.table} t
       set (first_seen, last_seen) = row(${ages("t")}),
           valid_from = ${validFrom(t, "p.first_seen", "t.loaded_at")}
       from version_plan p join ${t.stage} s on s.ordinal = p.ordinal
       where p.action = 'keep' and p.version_id is null and p.is_newest and t.${t.key} = s.${t.key}`,
      `insert into ${t.table} (${stored.join(", ")})
       select ${staged} from version_plan p join ${t.stage} s on s.ordinal = p.ordinal
       where p.action = 'new' and p.is_newest
       order by s.${t.key}
       on conflict (${t.key}) do update
       set ${stored
         .slice(1)
         .map((name) => `${name} = excluded.${name}`)
         .join(", ")}`,
      // A version ends where the next one begins; one that comes late shortens the version before it.
      `with changed as materialized (
         select distinct s.${t.key} from version_plan p join ${t.stage} s on s.ordinal = p.ordinal
         where p.action <> 'duplicate'
       ), version as (
         select h.version_id, h.${t.key}, h.valid_from, ${seenOf(t, "h", "first_seen")} as age
         from ${t.history} h where h.${t.key} in (select ${t.key} from changed)
         union all
         select null, c.${t.key}, c.valid_from, ${seenOf(t, "c", "first_seen")}
         from ${t.table} c where c.${t.key} in (select ${t.key} from changed)
       ), ended as (
         select version_id, lead(valid_from) over (partition by ${t.key}
           order by version_id is null, age, version_id) as valid_to
         from version
       )
       update ${t.history} h set valid_to = ended.valid_to
       from ended
       where h.version_id = ended.version_id and h.valid_to is distinct from ended.valid_to`,
    ],
    missingKeyArrived: null,
    redelivery: { idField: t.idField, isLoaded: `(${isLoaded(t.table)} or ${isLoaded(t.history)})` },
  };
}
