import type { ServiceProcess } from "@lethe/contracts/service-processes";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Diagnosis } from "@lethe/doctor/diagnose";
import type { PlanContext } from "@lethe/erasure/plan-erasure";
import type { Policy } from "@lethe/privacy/policy";
import type { Keyring } from "@lethe/privacy/privacy-key";
import type { Checks } from "@lethe/quality/checks-file";
import type { ScheduleRules } from "@lethe/service-kit/cron/check-schedule";
import type { ReadinessChecks } from "@lethe/service-kit/health-server";
import type { Logger } from "@lethe/service-kit/logger";
import type { JobMetrics } from "@lethe/service-kit/metrics";
import type { Storage } from "@lethe/storage/storage";
import type { Pool } from "@lethe/warehouse/pool";
import type { LogSources } from "@lethe/warehouse/proof/verify-log";
import type { Queue } from "bullmq";
import type { PageSize } from "./http/page-size.js";
import type { Limits } from "./http/rate-limits.js";
import type { OpenId } from "./open-id/open-id.js";
import type { RunQueue } from "./run-queue.js";

/** What the scheduler works with. */
export interface SchedulerContext {
  readonly pool: Pool;
  readonly datasets: Datasets;
  readonly runQueue: RunQueue;
  readonly schedules: ScheduleRules;
  /** What is asked of the datasets' data. */
  readonly dataChecks: Checks;
  /** Brings the queue into line with the ledger's schedules. */
  readonly applySchedules: () => Promise<void>;
  readonly storage: Storage;
  /** What a dry run of an erasure looks through. */
  readonly erasurePlan: PlanContext;
  /** The privacy keys; undefined where the scheduler was given none, and then it restricts and releases nobody. */
  readonly ring: Keyring | undefined;
  /** Reads the masking policy, as far as the scheduler is told of it. Throws ConfigurationError. */
  readonly policy: () => Policy;
  /** What the log of receipts is held against. */
  readonly proof: LogSources;
  readonly checks: ReadinessChecks;
  /** Codes of what somebody should set right, though the service works. */
  readonly warnings: () => readonly string[];
  readonly registry: JobMetrics["registry"];
  readonly log: Logger;
  /** Whether two people must approve a request that needs a decision. */
  readonly fourEyes: boolean;
  /** The token of the settings, an admin's; undefined lets everyone in, as admins, who can reach the port. */
  readonly token: string | undefined;
  /** Seals sessions; undefined where it is not set, and then `token` does so. */
  readonly sessionKey: Buffer | undefined;
  /** Signs people in by OpenID Connect; undefined where it is not set up. Where it is, nobody is let in without a token or a session. */
  readonly openId: OpenId | undefined;
  readonly limits: Limits & {
    /** Of a request's body. */
    readonly bodyBytes: number;
    /** Within which a whole request must have arrived, in milliseconds. */
    readonly requestMs: number;
    /** Open at once, of all callers together. */
    readonly connections: number;
    /** Within which PostgreSQL and Redis must have answered what a request asks of them, in milliseconds. */
    readonly answerMs: number;
  };
  /** Of answers that go on until their caller ends them, in milliseconds. */
  readonly streams: {
    /** Between two signs that the connection is there. */
    readonly heartbeatMs: number;
    /** Between two looks whether the caller would be let in still. */
    readonly recheckMs: number;
  };
  readonly pageSize: PageSize;
  readonly installation: InstallationView;
  readonly board: { readonly queues: readonly Queue[]; readonly readOnly: boolean };
}

/** What the API shows of the installation itself. */
export interface InstallationView {
  readonly diagnose: () => Promise<Diagnosis>;
  /** The processes of services that have reported themselves. */
  readonly processes: () => Promise<readonly ServiceProcess[]>;
}
