import { createServer, type Server } from "node:http";
import type { Registry } from "prom-client";
import { withTimeout } from "./with-timeout.js";

/** Checks, by name, of what a service needs. A check rejects when what it asks does not answer. */
export type ReadinessChecks = Readonly<Record<string, () => Promise<unknown>>>;

/** Reports which checks succeed within two seconds, and whether all of them do. */
export async function checkReadiness(
  checks: ReadinessChecks,
): Promise<{ ready: boolean; checks: Record<string, boolean> }> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await answers(check)] as const),
  );
  return { ready: results.every(([, ok]) => ok), checks: Object.fromEntries(results) };
}

/** Serves `/healthz`, `/readyz` and `/metrics` on the loopback address, for a container's health check and a local scraper. */
export async function startHealthServer(
  port: number,
  checks: ReadinessChecks,
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
    const readiness = await checkReadiness(checks);
    return { status: readiness.ready ? 200 : 503, type: json, body: JSON.stringify(readiness) };
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

const ANSWER_MS = 2_000;

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  try {
    return await withTimeout(
      check().then(() => true),
      ANSWER_MS,
      () => false,
    );
  } catch {
    return false;
  }
}
