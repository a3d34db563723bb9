/**
 * Reports whether an error, or what caused it, means that the database cannot be reached or closed the connection. Node's
 * network errors count, the SQLSTATE of a server that refuses connections, starts up or shuts down, and those errors of `pg`
 * that have no code.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let each = error, depth = 0; each instanceof Error && depth < MOST_CAUSES; each = each.cause, depth += 1) {
    const reasons: unknown[] = each instanceof AggregateError ? [each, ...each.errors] : [each];
    if (reasons.some((reason) => reason instanceof Error && isLostConnection(reason))) return true;
  }
  return false;
}

const MOST_CAUSES = 5;

const NETWORK = /^E(CONNREFUSED|CONNRESET|CONNABORTED|NOTFOUND|AI_AGAIN|TIMEDOUT|PIPE|HOSTUNREACH|NETUNREACH)$/;
// Connection exceptions, too many connections, operator intervention:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const SQLSTATE = /^(08...|53300|57P0[1-5])$/;
const WITHOUT_CODE =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Client was closed)/;

function isLostConnection(error: Error): boolean {
  const code: unknown = "code" in error ? error.code : undefined;
  if (typeof code === "string") return NETWORK.test(code) || SQLSTATE.test(code);
  return WITHOUT_CODE.test(error.message);
}
