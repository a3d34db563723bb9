import { createServer, type Server } from "node:http";
import { LetheError } from "@lethe/contracts/errors";
import type { Registry } from "prom-client";
import { withTimeout } from "./with-timeout.js";

/** Checks, by name, of what a service needs. A check rejects when what it asks does not answer. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>;

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean;
  /** Whether each check succeeds. */
  readonly checks: Record<string, boolean>;
  /** Why those that fail do so, as codes. */
  readonly reasons: Record<string, string>;
  /** Codes of what somebody should set right, though the service works. */
  readonly warnings: string[];
}

/** Reports which checks succeed within two seconds, and whether all of them do. */
export async function checkReadiness(
  checks: ReadinessChecks,
  warnings: () => readonly string[] = () => [],
): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await reasonAgainst(check)] as const),
  );
  const failed = results.flatMap(([name, reason]) => (reason === undefined ? [] : [[name, reason] as const]));
  return {
    ready: failed.length === 0,
    checks: Object.fromEntries(results.map(([name, reason]) => [name, reason === undefined])),
    reasons: Object.fromEntries(failed),
    warnings: [...warnings()],
  };
}

/** Serves `/healthz`, `/readyz` and `/metrics` on the loopback address, for a container's health check and a local scraper. */
export async function startHealthServer(
  port: number,
  checks: ReadinessChecks,
  warnings: () => readonly string[],
  metricsRegistry: Registry,
): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request.url ?? "/").then(
      ({ status, type, body }) => response.writeHead(status, { "content-type": type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  async function answer(url: string) {
    const json = "application/json";
    if (url === "/healthz") return { status: 200, type: json, body: '{"status":"ok"}' };
    if (url === "/metrics")
      return { status: 200, type: metricsRegistry.contentType, body: await metricsRegistry.metrics() };
    if (url !== "/readyz") return { status: 404, type: json, body: '{"status":"not found"}' };
    const readiness = await checkReadiness(checks, warnings);
    return { status: readiness.ready ? 200 : 503, type: json, body: JSON.stringify(readiness) };
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

const ANSWER_MS = 2_000;

/** Returns the code of why a check fails; undefined when it succeeds. */
async function reasonAgainst(check: () => Promise<unknown>): Promise<string | undefined> {
  try {
    return await withTimeout(
      check().then(() => undefined),
      ANSWER_MS,
      () => "no_answer",
    );
  } catch (error) {
    return error instanceof LetheError ? error.code : "failed";
  }
}
