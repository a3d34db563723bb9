/**
 * Returns the SQL condition that quarantined record `q` of file `f` is meant by a `QuarantineFilter`, which is the statement's
 * parameter of this number; null means all.
 */
export function isMeantBy(parameter: number): string {
  const field = (name: string) => `($${parameter}::jsonb ->> '${name}')`;
  const narrows = (name: string, condition: string) => `(${field(name)} is null or ${condition})`;
  return [
    narrows("dataset", `q.dataset = ${field("dataset")}`),
    narrows("reason", `q.reason = ${field("reason")}`),
    narrows("runId", `q.run_id = ${field("runId")}::uuid`),
    narrows("fileId", `q.file_id = ${field("fileId")}::bigint`),
    narrows("partition", `f.partition_date = left(${field("partition")}, 10)::date`),
    narrows(
      "partition",
      `length(${field("partition")}) = 10 or f.partition_hour = right(${field("partition")}, 2)::smallint`,
    ),
    narrows(
      "ids",
      `q.id = any (array (select chosen.id::bigint from jsonb_array_elements_text($${parameter}::jsonb -> 'ids') as chosen (id)))`,
    ),
    narrows("upTo", `q.id <= ${field("upTo")}::bigint`),
  ].join(" and ");
}
