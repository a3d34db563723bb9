/** Returns SQL for the name of a partition, `2020-01-31T05`, of the table with this alias. */
export function partitionNameSql(alias: string): string {
  return `(to_char(${alias}.partition_date, 'YYYY-MM-DD') || 'T' || lpad(${alias}.partition_hour::text, 2, '0'))`;
}
