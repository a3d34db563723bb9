import type { Finding, LeftOut } from "@lethe/contracts/diagnosis";
import { LetheError } from "@lethe/contracts/errors";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { checkRedis } from "@lethe/service-kit/check-redis";
import { openQueues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { safeError } from "@lethe/service-kit/safe-error";
import { withTimeout } from "@lethe/service-kit/with-timeout";
import { openDataFolder } from "@lethe/storage/data-folder";
import { createPool, hasSqlState } from "@lethe/warehouse/pool";
import { findDatabaseProblems } from "@lethe/warehouse/require-database";
import type { Check, Resources } from "./check.js";
import { CLOCK_CHECKS } from "./check-clocks.js";
import { DATABASE_HEALTH_CHECKS } from "./check-database.js";
import { FOLDER_CHECKS } from "./check-folders.js";
import { INSTALLATION_CHECKS } from "./check-installation.js";
import { POLICY_CHECKS } from "./check-policy.js";
import { WORK_CHECKS } from "./check-work.js";
import type { DoctorSettings } from "./doctor-settings.js";
import { findingOf } from "./finding.js";

/** Every check, in the order of the report. */
export const CHECKS: readonly Check[] = [
  ...FOLDER_CHECKS,
  ...DATABASE_HEALTH_CHECKS,
  ...CLOCK_CHECKS,
  ...INSTALLATION_CHECKS,
  ...POLICY_CHECKS,
  ...WORK_CHECKS,
];

/** What the doctor has found out. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Names of the checks that were made. */
  readonly made: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Within which a server must answer, and then each check. */
const ANSWER_MS = 3_000;
const CHECK_MS = 3_000;

/**
 * Looks at everything that an installation depends on, all at once and in a few seconds, and changes nothing. A server that does not
 * answer is a finding; the others are looked at all the same. `quick` leaves out what takes long, and what a start refuses or says by
 * itself.
 */
export async function diagnose(settings: DoctorSettings, datasets: Datasets, quick = false): Promise<Diagnosis> {
  const [database, redis] = await Promise.all([openDatabase(settings), openRedis(settings)]);
  try {
    const { policy, privacyKeys, signingKeys, schedulesOn } = settings;
    const resources: Partial<Resources> = {
      ...database.resources,
      ...redis.resources,
      ...(policy && { policy }),
      ...(privacyKeys && { privacyKeys }),
      ...(signingKeys && { signingKeys }),
    };
    const folder = openDataFolder(settings.dataFolder);
    const patient = { schedulesOn, datasets, folder, databaseUrl: database.url };
    const wanted = CHECKS.filter(({ isQuick }) => isQuick || !quick);
    const possible = wanted.filter(({ needs }) => needs.every((need) => resources[need] !== undefined));
    const found = await Promise.all(
      possible.map((check) => limited(check.name, () => check.find(resources as Resources, patient))),
    );
    const servers = ["PostgreSQL", "Redis"];
    return {
      findings: [...(quick ? [] : [...database.findings, ...redis.findings]), ...found.flat()],
      made: [...servers, ...possible.map(({ name }) => name)],
      leftOut: wanted
        .filter((check) => !possible.includes(check))
        .map(({ name, needs }) => ({
          check: name,
          wants: needs.some((need) => isServer(need) && resources[need] === undefined) ? "server" : "setting",
        })),
    };
  } finally {
    database.close();
    redis.close();
  }
}

function isServer(need: keyof Resources): boolean {
  return need === "database" || need === "ledger" || need === "redis" || need === "queues";
}

/** A server, as far as it could be reached. */
interface Opened<R> {
  readonly resources: R;
  readonly findings: readonly Finding[];
  close(): void;
}

const nothing = () => undefined;

async function openDatabase(
  settings: DoctorSettings,
): Promise<Opened<Partial<Pick<Resources, "database" | "ledger">>> & { readonly url: string | undefined }> {
  const away = (findings: readonly Finding[], url?: string) => ({ resources: {}, findings, url, close: nothing });
  let url: string;
  try {
    url = await settings.databaseUrl();
  } catch (error) {
    return away([foundIn("DATABASE_URL", error)]);
  }
  const late = {
    isReached: false,
    problems: [{ code: "database_unreachable", message: "the database does not answer in time" }],
  };
  const { isReached, problems } = await withTimeout(
    findDatabaseProblems(url, ANSWER_MS),
    ANSWER_MS + 500,
    () => late,
  ).catch((error: unknown) => ({ isReached: false, problems: [safeError(error)] }));
  const findings = problems.map(({ code, message }): Finding => {
    if (code !== "database_unreachable") return findingOf("error", code, "DATABASE_URL", message, SEE_DATABASE);
    // Behind the colon stands why.
    return { severity: "error", code, where: "DATABASE_URL", what: message, remedy: REACH_DATABASE };
  });
  if (!isReached) return away(findings, url);
  const pool = createPool(url, CONNECTIONS, "lethe-doctor");
  // Not awaited: a server that has gone meanwhile would keep everybody waiting.
  const close = () => void pool.end().catch(nothing);
  try {
    const { rows } = await withTimeout(
      pool.query<{ hasLedger: boolean }>(`select to_regclass('ledger.installation') is not null as "hasLedger"`),
      ANSWER_MS,
      () => ({ rows: [] }),
    );
    const resources = rows[0]?.hasLedger === true ? { database: pool, ledger: pool } : { database: pool };
    return { resources, findings, url, close };
  } catch (error) {
    close();
    // As of a standby, which the checks have named.
    if (findings.length > 0) return away(findings, url);
    return away([isRefusal(error) ? MAY_NOT_LOOK : foundIn("DATABASE_URL", error)], url);
  }
}

/** Reports whether PostgreSQL did not let the login look at what Lethe has there. */
function isRefusal(error: unknown): boolean {
  // https://www.postgresql.org/docs/current/errcodes-appendix.html
  return hasSqlState(error) && error.code === "42501";
}

const MAY_NOT_LOOK: Finding = {
  severity: "error",
  code: "database_rights",
  where: "DATABASE_URL",
  what: "the login may not see what Lethe has in the database",
  remedy:
    "name the login of the services or of the owner in DATABASE_URL, or have the owner run `lethe migrate`, which grants the roles their rights",
};

const CONNECTIONS = 4;
const REACH_DATABASE = "see that PostgreSQL runs, and that DATABASE_URL names its host and port";
const SEE_DATABASE = "see docs/postgresql.md";

async function openRedis(settings: DoctorSettings): Promise<Opened<Partial<Pick<Resources, "redis" | "queues">>>> {
  const away = (findings: readonly Finding[]) => ({ resources: {}, findings, close: nothing });
  try {
    const place = await settings.redis();
    if (place === undefined) return away([NO_REDIS]);
    const { redis: access, queuePrefix: prefix } = place;
    const { findings: found, mayAskInfo } = await checkRedis(access, prefix, ANSWER_MS);
    const findings = found.map(({ kind, code, message }) =>
      findingOf(kind === "warning" ? "warning" : "error", code, "REDIS_URL", message, SEE_REDIS),
    );
    if (found.some(({ code }) => code === "redis_unreachable" || code === "redis_no_redis")) return away(findings);
    if (found.some(({ kind }) => kind === "refused")) return away(findings);
    const redis = connectRedis(access, { mayAskInfo });
    const queues = openQueues(redis, prefix, { onlyRead: true });
    return {
      resources: { redis, queues },
      findings,
      close() {
        queues.close().catch(nothing);
        redis.disconnect();
      },
    };
  } catch (error) {
    return away([foundIn("REDIS_URL", error)]);
  }
}

const SEE_REDIS = "see docs/reliability.md, Your Redis";

const NO_REDIS: Finding = {
  severity: "error",
  code: "configuration_invalid",
  where: "REDIS_URL",
  what: "REDIS_URL is not set, and no `npm start` runs on DATA_DIR",
  remedy: "set it, or start Lethe with `npm start`",
};

/** Runs a check, and returns a finding of one that fails or does not end in time. */
async function limited(name: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await withTimeout(work(), CHECK_MS, () => [
      {
        severity: "error" as const,
        code: "check_unanswered",
        where: name,
        what: `it did not end within ${CHECK_MS / 1_000} s`,
        remedy: "see whether PostgreSQL, Redis and the disk of DATA_DIR are overloaded or hang, and ask again",
      },
    ]);
  } catch (error) {
    return [foundIn(name, error)];
  }
}

function foundIn(where: string, error: unknown): Finding {
  const { code, message } = safeError(error);
  if (!(error instanceof LetheError)) return { severity: "error", code, where, what: message, remedy: SEE_LOGS };
  // Several lines list what is wrong with settings.
  const lines = message.split(/\s*\n\s*/);
  if (lines.length > 1) return { severity: "error", code, where, what: lines.join("; "), remedy: CORRECT };
  return findingOf("error", code, where, message, CORRECT);
}

const SEE_LOGS = "see the logs of the services and of the server";
const CORRECT = "correct the setting; .env.example describes each";
