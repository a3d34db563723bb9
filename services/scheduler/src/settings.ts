import { ConfigurationError } from "@lethe/contracts/errors";
import { CHECKS_SETTINGS } from "@lethe/service-kit/checks-settings";
import { isLoopback } from "@lethe/service-kit/loopback-host";
import {
  API_ADDRESS_SETTINGS,
  API_TOKEN_PATTERN,
  API_TOKEN_SETTINGS,
  COMMON_SETTINGS,
  DECISION_SETTINGS,
  PRIVACY_SETTINGS,
  SCHEDULE_SETTINGS,
  SIGNING_SETTINGS,
} from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import Type, { type Static } from "typebox";
import { OPEN_ID_SETTINGS } from "./open-id/open-id-settings.js";

export const SchedulerSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...UNPACK_SETTINGS,
  ...CHECKS_SETTINGS,
  ...API_ADDRESS_SETTINGS,
  ...SIGNING_SETTINGS,
  ...DECISION_SETTINGS,
  ...API_TOKEN_SETTINGS,
  ...OPEN_ID_SETTINGS,
  LETHE_WEBHOOK_URL: Type.Optional(
    Type.String({
      pattern: "^https?://",
      description:
        "Address that is told of alerts, and which processed files erasures have rewritten; with LETHE_WEBHOOK_SECRET",
    }),
  ),
  LETHE_WEBHOOK_SECRET: Type.Optional(
    Type.String({
      description: "Secret that signs what is sent to LETHE_WEBHOOK_URL: `whsec_` and random bytes in base64",
    }),
  ),
  LETHE_OPENLINEAGE_URL: Type.Optional(
    Type.String({
      pattern: "^https?://",
      description: "Base URL of a receiver of OpenLineage events, which is told when runs begin and end",
    }),
  ),
  LETHE_OPENLINEAGE_ENDPOINT: Type.Optional(
    Type.String({
      pattern: "^[^\\s?#]+$",
      description: "Path below LETHE_OPENLINEAGE_URL that events are sent to; without it api/v1/lineage",
    }),
  ),
  LETHE_OPENLINEAGE_API_KEY: Type.Optional(
    Type.String({
      pattern: API_TOKEN_PATTERN,
      description: "Key that is sent to LETHE_OPENLINEAGE_URL as Authorization: Bearer",
    }),
  ),
  LETHE_OPENLINEAGE_FILE: Type.Optional(
    Type.String({
      description:
        "File that OpenLineage events are appended to, a line of JSON each, in place of LETHE_OPENLINEAGE_URL; it rotates, six parts of 10 MB",
    }),
  ),
  LETHE_OPENLINEAGE_NAMESPACE: Type.String({
    default: "lethe",
    pattern: "^\\S+$",
    maxLength: 200,
    description: "Namespace of jobs and files in OpenLineage events",
  }),
  ...PRIVACY_SETTINGS,
  // Without it nobody is restricted or released here.
  LETHE_PRIVACY_KEY: Type.Optional(PRIVACY_SETTINGS.LETHE_PRIVACY_KEY),
  LETHE_RATE_LIMIT: Type.Integer({
    default: 600,
    minimum: 0,
    description: "Requests that an address may send in a minute; 0 sets no limit",
  }),
  LETHE_TOKEN_TRIES: Type.Integer({
    default: 20,
    minimum: 1,
    description: "Wrong tokens that an address may send in a minute",
  }),
  LETHE_MAX_BODY_BYTES: Type.Integer({
    default: 1024 * 1024,
    minimum: 1024,
    maximum: 1024 * 1024 * 1024,
    description: "Size of the largest body of a request in bytes",
  }),
  LETHE_REQUEST_TIMEOUT_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 3_600_000,
    description: "Milliseconds within which a request must have arrived",
  }),
  LETHE_MAX_CONNECTIONS: Type.Integer({
    default: 1_000,
    minimum: 16,
    maximum: 100_000,
    description: "Connections that are open at once at most; one address may have half of them",
  }),
  LETHE_MAX_PAGE: Type.Integer({
    default: 200,
    minimum: 1,
    maximum: 10_000,
    description: "Largest `limit` that a list takes",
  }),
  ...SCHEDULE_SETTINGS,
  LETHE_CATCH_UP: Type.Boolean({
    default: true,
    description: "Whether a job whose schedule fell into a standstill runs once afterwards",
  }),
  LETHE_UPKEEP_SECONDS: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 3_600,
    description: "Seconds between two rounds that enqueue again what Redis has lost, and set schedules right",
  }),
  LETHE_BOARD_READ_ONLY: Type.Boolean({
    default: true,
    description: "Whether Bull Board only shows queues, and changes nothing",
  }),
});
export type SchedulerSettings = Static<typeof SchedulerSettings>;

/**
 * Refuses settings that would let strangers start runs: a host that others can reach, or production, without a token.
 * Throws ConfigurationError.
 */
export function requireToken(settings: Pick<SchedulerSettings, "NODE_ENV" | "LETHE_HOST" | "LETHE_API_TOKEN">): void {
  if (settings.LETHE_API_TOKEN !== undefined) return;
  if (!isLoopback(settings.LETHE_HOST)) {
    throw new ConfigurationError("LETHE_HOST is not a loopback address, so LETHE_API_TOKEN must be set");
  }
  if (settings.NODE_ENV === "production") {
    throw new ConfigurationError("NODE_ENV is production, so LETHE_API_TOKEN must be set");
  }
}

/** Refuses production without a key that signs decisions. Throws ConfigurationError. */
export function requireSigning({
  NODE_ENV,
  LETHE_SIGNING_KEY,
}: Pick<SchedulerSettings, "NODE_ENV" | "LETHE_SIGNING_KEY">): void {
  if (LETHE_SIGNING_KEY === undefined && NODE_ENV === "production") {
    throw new ConfigurationError(
      "NODE_ENV is production, so LETHE_SIGNING_KEY must be set, to that of the loader: decisions and lifts are signed here",
    );
  }
}
