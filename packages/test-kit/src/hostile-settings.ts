/** Values of session settings that a database or a role may have, each of them one with which Lethe would go wrong. */
export const HOSTILE_SETTINGS: Readonly<Record<string, string>> = {
  search_path: "public, pg_catalog",
  // Long enough for what lifts it on a busy machine: with exit_on_error, a cancelled statement ends the session.
  statement_timeout: "'200ms'",
  lock_timeout: "'1ms'",
  idle_in_transaction_session_timeout: "'1ms'",
  idle_session_timeout: "'30s'",
  transaction_timeout: "'2s'",
  client_connection_check_interval: "0",
  default_transaction_isolation: "'serializable'",
  default_transaction_read_only: "on",
  default_transaction_deferrable: "on",
  synchronous_commit: "off",
  session_replication_role: "replica",
  row_security: "on",
  client_encoding: "'LATIN1'",
  DateStyle: "'SQL, DMY'",
  IntervalStyle: "'sql_standard'",
  TimeZone: "'Pacific/Chatham'",
  bytea_output: "'escape'",
  extra_float_digits: "-15",
  xmloption: "document",
  standard_conforming_strings: "off",
  quote_all_identifiers: "on",
  array_nulls: "off",
  transform_null_equals: "on",
  exit_on_error: "on",
  client_min_messages: "'error'",
  default_table_access_method: "hostile_heap",
};

/** Creates the access method that the hostile settings name. Only a superuser may run it. */
export const HOSTILE_ACCESS_METHOD = "create access method hostile_heap type table handler heap_tableam_handler";

/** Returns the statements that give a role or a database (`role x`, `database y`) all hostile settings that the server has. */
export function makeHostile(target: string, serverVersion: number): string {
  return Object.entries(HOSTILE_SETTINGS)
    .filter(([name]) => name !== "transaction_timeout" || serverVersion >= 170_000)
    .map(([name, value]) => `alter ${target} set ${name} = ${value};`)
    .join("\n");
}
