import { ConfigurationError } from "@lethe/contracts/errors";
import { COMMON_SETTINGS } from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import Type, { type Static } from "typebox";
import { isLoopback } from "./http/loopback.js";

export const SchedulerSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...UNPACK_SETTINGS,
  LETHE_HOST: Type.String({ default: "127.0.0.1", description: "Address to listen on" }),
  LETHE_PORT: Type.Integer({ default: 8080, minimum: 0, maximum: 65_535, description: "0 takes any free port" }),
  LETHE_API_TOKEN: Type.Optional(Type.String({ minLength: 16, description: "What callers must show" })),
  LETHE_RATE_LIMIT: Type.Integer({
    default: 600,
    minimum: 0,
    description: "Requests a minute and address; 0 for as many as come",
  }),
  LETHE_TOKEN_TRIES: Type.Integer({ default: 20, minimum: 1, description: "Wrong tokens a minute and address" }),
  LETHE_MAX_BODY_BYTES: Type.Integer({
    default: 1024 * 1024,
    minimum: 1024,
    maximum: 1024 * 1024 * 1024,
    description: "Greatest body of a request",
  }),
  LETHE_REQUEST_TIMEOUT_MS: Type.Integer({
    default: 30_000,
    minimum: 1_000,
    maximum: 3_600_000,
    description: "Time within which a request must have arrived",
  }),
  LETHE_MAX_PAGE: Type.Integer({ default: 200, minimum: 1, maximum: 10_000, description: "Greatest `limit` of lists" }),
  LETHE_SCHEDULES: Type.Enum(["on", "off"], { default: "on", description: "`off` lets no schedule fire" }),
  LETHE_CATCH_UP: Type.Boolean({ default: true, description: "Make up, once, for a tick missed in a standstill" }),
  LETHE_UPKEEP_SECONDS: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 3_600,
    description: "Time between two rounds that bring back what Redis has lost, and set schedules right",
  }),
  LETHE_BOARD_READ_ONLY: Type.Boolean({ default: true, description: "Bull Board shows and changes nothing" }),
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
