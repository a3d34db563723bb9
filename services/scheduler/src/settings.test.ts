import { ConfigurationError } from "@lethe/contracts/errors";
import { readSettings } from "@lethe/service-kit/settings";
import { describe, expect, it } from "vitest";
import { requireSigning, requireToken, SchedulerSettings } from "./settings.js";

const URLS = { DATABASE_URL: "postgres://127.0.0.1/x", REDIS_URL: "redis://127.0.0.1" };
const TOKEN = "a-token-of-some-length";

it("reads its settings from texts", () => {
  expect(readSettings(SchedulerSettings, URLS)).toMatchObject({
    LETHE_HOST: "127.0.0.1",
    LETHE_PORT: 8080,
    LETHE_SCHEDULES: "on",
    LETHE_CATCH_UP: true,
    LETHE_BOARD_READ_ONLY: true,
    LETHE_RATE_LIMIT: 600,
    LETHE_TOKEN_TRIES: 20,
    LETHE_MAX_BODY_BYTES: 1_048_576,
    LETHE_REQUEST_TIMEOUT_MS: 30_000,
    LETHE_MAX_CONNECTIONS: 1_000,
    LETHE_MAX_PAGE: 200,
  });
  const given = { ...URLS, LETHE_CATCH_UP: "false", LETHE_BOARD_READ_ONLY: "false", LETHE_PORT: "0" };
  expect(readSettings(SchedulerSettings, given)).toMatchObject({
    LETHE_CATCH_UP: false,
    LETHE_BOARD_READ_ONLY: false,
    LETHE_PORT: 0,
  });
});

it("refuses production without a signing key", () => {
  expect(() => requireSigning({ NODE_ENV: "development" })).not.toThrow();
  expect(() => requireSigning({ NODE_ENV: "production" })).toThrow(ConfigurationError);
  expect(() => requireSigning({ NODE_ENV: "production", LETHE_SIGNING_KEY: "11".repeat(32) })).not.toThrow();
});

describe("requireToken", () => {
  it.each(["127.0.0.1", "127.8.0.1", "::1", "localhost"])("lets %s be without a token", (LETHE_HOST) => {
    expect(() => requireToken({ NODE_ENV: "development", LETHE_HOST })).not.toThrow();
  });

  it.each(["0.0.0.0", "::", "10.0.0.1", "lethe.example.org", "127.0.0.1.example.org", "::ffff:127.0.0.1"])(
    "refuses %s without a token",
    (LETHE_HOST) => {
      expect(() => requireToken({ NODE_ENV: "development", LETHE_HOST })).toThrow(ConfigurationError);
      expect(() => requireToken({ NODE_ENV: "development", LETHE_HOST, LETHE_API_TOKEN: TOKEN })).not.toThrow();
    },
  );

  it("refuses production without a token", () => {
    const production = { NODE_ENV: "production", LETHE_HOST: "127.0.0.1" } as const;
    expect(() => requireToken(production)).toThrow("NODE_ENV");
    expect(() => requireToken({ ...production, LETHE_API_TOKEN: TOKEN })).not.toThrow();
  });
});
