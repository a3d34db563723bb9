import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { RunEvent } from "@lethe/lineage/openlineage/run-event";
import { readSettings } from "@lethe/service-kit/settings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SchedulerSettings } from "../settings.js";
import { readEventOutput } from "./event-output.js";

const folder = mkdtempSync(join(tmpdir(), "lethe-events-"));
const asked: { readonly path: string | undefined; readonly key: string | undefined }[] = [];
let status = 201;
const receiver = createServer((request, response) => {
  asked.push({ path: request.url, key: request.headers.authorization });
  request.resume().on("end", () => response.writeHead(status, { location: "/elsewhere" }).end("thanks"));
});
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(() => {
  receiver.close();
  rmSync(folder, { recursive: true });
});

function outputOf(environment: Record<string, string>) {
  const required = { DATABASE_URL: "postgres://localhost/x", REDIS_URL: "redis://localhost" };
  return readEventOutput(readSettings(SchedulerSettings, { ...required, ...environment }));
}

const EVENT = { eventType: "START", run: { runId: "a" } } as unknown as RunEvent;
const NEVER = new AbortController().signal;

it("is off unless somebody sets a place", () => {
  expect(outputOf({})).toBeUndefined();
  expect(outputOf({ LETHE_OPENLINEAGE_NAMESPACE: "shop" })).toBeUndefined();
});

it.each([
  ["", {}, "/api/v1/lineage"],
  ["/", {}, "/api/v1/lineage"],
  ["/prefix/", {}, "/prefix/api/v1/lineage"],
  ["/prefix?tenant=7#part", {}, "/prefix/api/v1/lineage?tenant=7"],
  ["", { LETHE_OPENLINEAGE_ENDPOINT: "/v2/events" }, "/v2/events"],
  ["", { LETHE_OPENLINEAGE_ENDPOINT: "v2/ä" }, "/v2/%C3%A4"],
])("sends to base%s %j as %s", async (more, settings, path) => {
  asked.length = 0;
  expect(await outputOf({ LETHE_OPENLINEAGE_URL: base + more, ...settings })?.deliver(EVENT, NEVER)).toEqual({
    outcome: "confirmed",
  });
  expect(asked).toEqual([{ path, key: undefined }]);
});

it("shows its key to the receiver alone, and goes nowhere else by itself", async () => {
  asked.length = 0;
  status = 302;
  const output = outputOf({ LETHE_OPENLINEAGE_URL: base, LETHE_OPENLINEAGE_API_KEY: "s3cret" });
  expect(await output?.deliver(EVENT, NEVER)).toEqual({ outcome: "failed", failure: "status 302" });
  expect(asked).toEqual([{ path: "/api/v1/lineage", key: "Bearer s3cret" }]);
});

it.each([
  [200, "confirmed"],
  [204, "confirmed"],
  [400, "refused"],
  [422, "refused"],
  [401, "failed"],
  [404, "failed"],
  [429, "failed"],
  [503, "failed"],
])("takes %i as %s", async (code, outcome) => {
  status = code;
  expect(await outputOf({ LETHE_OPENLINEAGE_URL: base })?.deliver(EVENT, NEVER)).toMatchObject({ outcome });
});

it("does not throw where nobody listens, or when it is cut off", async () => {
  const output = outputOf({ LETHE_OPENLINEAGE_URL: "http://127.0.0.1:1/secret-path" });
  expect(await output?.deliver(EVENT, NEVER)).toEqual({ outcome: "failed", failure: "TypeError" });
  expect(await outputOf({ LETHE_OPENLINEAGE_URL: base })?.deliver(EVENT, AbortSignal.abort())).toMatchObject({
    outcome: "failed",
  });
});

describe("refuses", () => {
  const file = join(folder, "events.ndjson");
  execFileSync("mkfifo", [join(folder, "pipe")]);
  it.each<Record<string, string>>([
    { LETHE_OPENLINEAGE_URL: "http://127.0.0.1:1", LETHE_OPENLINEAGE_FILE: file },
    { LETHE_OPENLINEAGE_API_KEY: "key" },
    { LETHE_OPENLINEAGE_ENDPOINT: "api" },
    { LETHE_OPENLINEAGE_ENDPOINT: "api", LETHE_OPENLINEAGE_FILE: file },
    { LETHE_OPENLINEAGE_URL: "ftp://example.org" },
    { LETHE_OPENLINEAGE_URL: "http://" },
    { LETHE_OPENLINEAGE_URL: "http://jane:secret@example.org" },
    { LETHE_OPENLINEAGE_URL: "http://example.org", LETHE_OPENLINEAGE_API_KEY: "two words" },
    { LETHE_OPENLINEAGE_URL: "http://example.org", LETHE_OPENLINEAGE_ENDPOINT: "a?b" },
    { LETHE_OPENLINEAGE_FILE: folder },
    { LETHE_OPENLINEAGE_FILE: join(folder, "pipe") },
    { LETHE_OPENLINEAGE_FILE: join(folder, "none", "events.ndjson") },
    { LETHE_OPENLINEAGE_FILE: "/dev/null" },
    { LETHE_OPENLINEAGE_NAMESPACE: "two words" },
  ])("%j, and shows no value", (environment) => {
    expect(() => outputOf(environment)).toThrow(ConfigurationError);
    expect(() => outputOf(environment)).not.toThrow(/secret|two words|jane/);
  });
});
