import type pg from "pg";
import { untilUncancelled } from "./session-settings.js";

/**
 * Reports whether what a session sets is still there at its next statement, on several connections that are open at once.
 * Behind a pooler that lends out a server connection for a transaction or a statement only (PgBouncer in transaction or
 * statement mode), it is not: another client's statements, or a reset, come between. Connections must be new: settings that
 * they have made would be left with other clients of such a pooler.
 *
 * One that has two or more clients at one pooler finds it out whether the pooler is idle or busy. Idle, it lends the same
 * server connection to both, and each sees what the other has set; busy, or in turn, one client is given one server
 * connection after the other. So each asks more than once, and in an order that no turn follows.
 */
export async function keepsSessions(clients: readonly pg.Client[]): Promise<boolean> {
  const sessions = clients.map((client, i) => ({ client, mark: `session ${i}` }));
  for (const { client, mark } of sessions) {
    await untilUncancelled(() => client.query(`set lethe.probe = '${mark}'`));
  }
  const pids = new Map<string, number>();
  for (const { client, mark } of [...sessions, ...sessions.toReversed(), ...sessions.flatMap((each) => [each, each])]) {
    const { rows } = await untilUncancelled(() => client.query<{ mark: string | null; pid: number }>(SELECT_SESSION));
    const pid = rows[0]?.pid ?? 0;
    if (rows[0]?.mark !== mark || pid !== (pids.get(mark) ?? pid)) return false;
    pids.set(mark, pid);
  }
  return true;
}

const SELECT_SESSION =
  "select pg_catalog.current_setting('lethe.probe', true) as mark, pg_catalog.pg_backend_pid() as pid";
