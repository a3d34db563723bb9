import type { Finding } from "@lethe/contracts/diagnosis";
import { LetheError } from "@lethe/contracts/errors";
import { foreignQueues, installationInRedis } from "@lethe/service-kit/installation-in-redis";
import { checkpointFile } from "@lethe/storage/checkpoint-file";
import { readInstallation } from "@lethe/warehouse/installation";
import { describeRollback, findRollback } from "@lethe/warehouse/proof/known-checkpoints";
import { type Check, defineCheck } from "./check.js";
import type { PrivacyKeySource } from "./doctor-settings.js";
import { findingOf } from "./finding.js";
import { requireKnownKeys } from "./require-known-keys.js";

/** Whether database, folder, queues and keys belong together. */
export const INSTALLATION_CHECKS: readonly Check[] = [
  defineCheck({
    name: "database of the folder",
    question: "Has the database a ledger, where DATA_DIR is the folder of an installation?",
    needs: ["database"],
    async find({ database }, { folder }) {
      const { rows } = await database.query<{ isEmpty: boolean }>(
        `select to_regclass('ledger.installation') is null as "isEmpty"`,
      );
      if (rows[0]?.isEmpty !== true) return [];
      return [(await folder.installation.read().catch(() => undefined)) === undefined ? EMPTY : OF_OTHER];
    },
  }),
  defineCheck({
    name: "installation of the folder",
    question: "Is DATA_DIR the folder of the database's installation?",
    needs: ["ledger"],
    isQuick: true,
    async find({ ledger }, { folder }) {
      const known = await readInstallation(ledger);
      const marked = await folder.installation.read();
      if (known === undefined || known === marked) return [];
      return [
        {
          severity: "error",
          code: "folder_foreign",
          where: folder.path,
          what:
            marked === undefined
              ? "it has no .lethe-installation, and the database knows an installation"
              : "its .lethe-installation names another installation than the database",
          remedy:
            "mount the installation's folder there, or name it in DATA_DIR; if this is to be its folder from now on, run `lethe data adopt`",
        },
      ];
    },
  }),
  defineCheck({
    name: "installation of the queues",
    question: "Are the queues those of the database's installation?",
    needs: ["ledger", "redis", "queues"],
    async find({ ledger, redis, queues }) {
      const store = installationInRedis(redis, queues.prefix);
      const [known, taken] = await Promise.all([readInstallation(ledger), store.read()]);
      if (known === undefined || known === taken) return [];
      if (taken === undefined) return [{ ...UNKNOWN_QUEUES, where: store.name }];
      return [findingOf("error", "queues_foreign", store.name, foreignQueues(store.name), SHARE)];
    },
  }),
  defineCheck({
    name: "privacy key",
    question: "Are the privacy keys those that the database was used with?",
    needs: ["ledger", "privacyKeys"],
    isQuick: true,
    async find({ ledger, privacyKeys }, { folder }) {
      // Of one that cannot be read, the next check tells.
      if (privacyKeys.isGiven && !isReadable(privacyKeys)) return [];
      return explained("privacy_key_unknown", "LETHE_PRIVACY_KEY", () =>
        requireKnownKeys(ledger, privacyKeys, folder.path),
      );
    },
  }),
  defineCheck({
    name: "keys",
    question: "Can the privacy key and the signing key be read?",
    needs: ["privacyKeys", "signingKeys"],
    async find({ privacyKeys, signingKeys }, { folder }) {
      const privacyKey = await explained("privacy_key_unusable", "LETHE_PRIVACY_KEY", () => privacyKeys.read());
      // `npm start` makes both at its first start.
      if (await folder.isNew().catch(() => true)) return privacyKeys.isGiven ? privacyKey : [];
      return [...privacyKey, ...(await explained("signing_key_unusable", "LETHE_SIGNING_KEY", signingKeys))];
    },
  }),
  defineCheck({
    name: "restored database",
    question: "Does the database hold the newest checkpoint that the data folder knows?",
    needs: ["ledger"],
    async find({ ledger }, { folder }) {
      const known = await findRollback(ledger, [checkpointFile(folder.path)]);
      if (known === undefined) return [];
      return [findingOf("error", "database_rolled_back", "DATABASE_URL", describeRollback(known), REAPPLY)];
    },
  }),
];

const EMPTY: Finding = {
  severity: "warning",
  code: "database_empty",
  where: "DATABASE_URL",
  what: "the database has no ledger yet, or this login may not see it",
  remedy: "run `lethe migrate`; services do so at their start, too",
};
const OF_OTHER: Finding = {
  severity: "error",
  code: "database_foreign",
  where: "DATABASE_URL",
  what: "DATA_DIR is the folder of an installation, and this database has no ledger, or this login may not see it",
  remedy: "name the installation's database in DATABASE_URL; if it is lost, restore its backup before anything starts",
};
const UNKNOWN_QUEUES = {
  severity: "warning",
  code: "queues_unknown",
  what: "no service of the database's installation has used these queues, or Redis has been emptied since",
  remedy: "name the installation's LETHE_QUEUE_PREFIX and REDIS_URL; after Redis was emptied, restart the services",
} as const;
const SHARE = "give each installation a LETHE_QUEUE_PREFIX of its own";
const REAPPLY = "run `lethe erasure reapply` with the newest export";
const KEYS = "correct the setting, or name the key's file in LETHE_PRIVACY_KEY_FILE or LETHE_SIGNING_KEY_FILE";

function isReadable(keys: PrivacyKeySource): boolean {
  try {
    keys.read();
    return true;
  } catch {
    return false;
  }
}

async function explained(code: string, where: string, work: () => unknown): Promise<Finding[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof LetheError)) throw error;
    return [findingOf("error", code, where, error.message, KEYS)];
  }
}
