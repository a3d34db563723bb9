import type { Finding } from "@lethe/contracts/diagnosis";
import { LetheError, SchemaVersionError } from "@lethe/contracts/errors";
import { SERVICE_NAMES } from "@lethe/contracts/services";
import { requireStepsOfThisVersion } from "@lethe/warehouse/migrate";
import { requireServiceRights } from "@lethe/warehouse/require-rights";
import { readServerHealth } from "@lethe/warehouse/server-health";
import { openServicePool } from "@lethe/warehouse/service-pool";
import { findOtherSettings } from "@lethe/warehouse/session-settings";
import { toRole } from "@lethe/warehouse/table-rights";
import { type Check, defineCheck } from "./check.js";
import { findingOf } from "./finding.js";

const WHERE = "DATABASE_URL";
/** What commands and people need beside the services. */
const FEW_CONNECTIONS = 5;

/** The database server, beyond what `requireDatabase` refuses. */
export const DATABASE_HEALTH_CHECKS: readonly Check[] = [
  defineCheck({
    name: "session settings",
    question: "Are a session's settings what Lethe sets them to?",
    needs: ["database"],
    async find({ database }) {
      const others = await findOtherSettings(database);
      return others.map((other) => ({
        severity: "error",
        code: "database_session",
        where: WHERE,
        what: `${other}, though the session has set it otherwise`,
        remedy: "name the PostgreSQL server itself in DATABASE_URL; what stands between changes sessions",
      }));
    },
  }),
  defineCheck({
    name: "durability",
    question: "Does the server keep what is committed over a crash?",
    needs: ["database"],
    isQuick: true,
    async find({ database }) {
      const { unsafe } = await readServerHealth(database);
      return unsafe.map((name) => ({
        severity: "warning",
        code: "database_not_durable",
        where: WHERE,
        what: `${name} is off: a crash of its machine can lose or damage what was committed, receipts of erasures among it`,
        remedy: `run \`alter system set ${name} = on\` and reload the server's configuration`,
      }));
    },
  }),
  defineCheck({
    name: "free connections",
    question: "Has the server connections left?",
    needs: ["database"],
    isQuick: true,
    async find({ database }) {
      const { freeConnections } = await readServerHealth(database);
      if (freeConnections >= FEW_CONNECTIONS) return [];
      return [
        {
          severity: freeConnections <= 0 ? "error" : "warning",
          code: "database_connections",
          where: WHERE,
          what: `${Math.max(0, freeConnections)} connections are left on the server`,
          remedy: "raise max_connections and restart the server, or end what holds connections (pg_stat_activity)",
        },
      ];
    },
  }),
  defineCheck({
    name: "schema",
    question: "Is the database's schema that of this version?",
    needs: ["ledger"],
    async find({ ledger }) {
      try {
        await requireStepsOfThisVersion(ledger);
        return [];
      } catch (error) {
        if (!(error instanceof LetheError)) throw error;
        return [findingOf("error", error.code, WHERE, error.message, "run `lethe migrate` of the newer version")];
      }
    },
  }),
  defineCheck({
    name: "roles and rights",
    question: "May each service take its role on, and has that role its rights?",
    needs: ["ledger"],
    async find(_resources, { databaseUrl, datasets }) {
      if (databaseUrl === undefined) return [];
      // A login of one service may take its role on and no other.
      const login = new URL(databaseUrl).username;
      const own = SERVICE_NAMES.filter((name) => login === `${toRole(name)}_login`);
      const found = await Promise.all(
        (own.length > 0 ? own : SERVICE_NAMES).map(async (service): Promise<readonly Finding[]> => {
          const where = `role of the ${service}`;
          const warnings: Finding[] = [];
          const warn = (sentence: string) =>
            void warnings.push(findingOf("warning", "database_role", where, sentence, ADMINISTRATOR));
          try {
            const pool = await openServicePool(
              databaseUrl,
              1,
              service,
              warn,
              datasets.database,
              undefined,
              "lethe-doctor",
            );
            try {
              await requireServiceRights(pool, datasets.database, service);
            } finally {
              await pool.end();
            }
            return warnings;
          } catch (error) {
            if (!(error instanceof LetheError)) throw error;
            // `schema` says so once.
            if (error instanceof SchemaVersionError) return [];
            const code = error.code === "configuration_invalid" ? "database_role" : error.code;
            return [findingOf("error", code, where, error.message, ADMINISTRATOR)];
          }
        }),
      );
      return found.flat();
    },
  }),
];

const ADMINISTRATOR =
  "let an administrator create the role and grant it (sql-scripts/README.md), then run `lethe migrate`";
