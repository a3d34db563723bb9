/**
 * Returns what a SQLSTATE of a PostgreSQL server means for whoever runs it, and what to do; undefined for one that has no
 * sentence of its own. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function describeSqlState(code: string): string | undefined {
  return SENTENCES[code];
}

const SENTENCES: Readonly<Record<string, string>> = {
  "25006": "the server takes no writes; it may have become a standby",
  "40001": "another transaction has changed the same rows",
  "40P01": "another transaction waits for the same rows",
  "42501":
    "the login of DATABASE_URL, or its role, has no right to this; `lethe migrate` with the owner's login grants the rights",
  "53100": "the disk of the database server is full; make room, and the work goes on",
  "53200": "the database server has run out of memory",
  "53300":
    "all connections of the database server are taken; raise max_connections or the limit of the role or database, or end other clients",
  "53400": "a limit of the database server is reached, such as temp_file_limit",
  "57014": "the statement was cancelled, by a person or by a time limit of a pooler",
  "57P01": "the database server is shutting down, or an administrator has ended the connection",
  "57P02": "the database server has crashed and recovers",
  "57P03": "the database server is starting up",
  "57P05": "the database server has ended a connection that it counted as idle",
  "58030": "the database server cannot read or write its disk",
};
