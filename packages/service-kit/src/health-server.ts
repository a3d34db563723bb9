import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { ConfigurationError, LetheError } from "@lethe/contracts/errors";
import type { Registry } from "prom-client";
import { isLoopback, isMisdirected } from "./loopback-host.js";
import { onceASecond } from "./once-a-second.js";
import { matchesSecret } from "./shown-secret.js";
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

/** Returns `checkReadiness` for callers of whom nobody asks for a token: however many ask, it looks once a second. */
export function createReadiness(checks: ReadinessChecks, warnings: () => readonly string[]): () => Promise<Readiness> {
  return onceASecond(() => checkReadiness(checks, warnings));
}

/** Returns the figures of a registry as Prometheus reads them; to collect them may ask PostgreSQL and Redis, once a second. */
export function createFigures(figures: Registry): () => Promise<string> {
  return onceASecond(() => figures.metrics());
}

/** Where `/healthz`, `/readyz` and `/metrics` are served. */
export interface HealthAddress {
  readonly host: string;
  readonly port: number;
  /** What callers from other machines must show. Without one there can be none. */
  readonly token?: string | undefined;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics`, for a container's health check and a scraper. A caller of this machine needs no token,
 * but must use a loopback name; any other must show the token. Throws ConfigurationError for an address that others reach without one.
 */
export async function startHealthServer(
  { host, port, token }: HealthAddress,
  checks: ReadinessChecks,
  warnings: () => readonly string[],
  metricsRegistry: Registry,
): Promise<Server> {
  requireHealthToken({ host, token });
  const isToken = token === undefined ? () => false : matchesSecret(token);
  const isShown = ({ authorization = "" }: IncomingHttpHeaders) =>
    isToken(/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? "");
  const readiness = createReadiness(checks, warnings);
  const figures = createFigures(metricsRegistry);
  const pages: Readonly<Record<string, () => Promise<HealthAnswer>>> = {
    "/healthz": async () => ({ status: 200, body: '{"status":"ok"}' }),
    "/readyz": async () => {
      const found = await readiness();
      return { status: found.ready ? 200 : 503, body: JSON.stringify(found) };
    },
    "/metrics": async () => ({ status: 200, type: metricsRegistry.contentType, body: await figures() }),
  };
  async function answer({ method = "", url = "", headers, socket }: IncomingMessage): Promise<HealthAnswer> {
    if (!isShown(headers)) {
      if (!isOfThisMachine(socket)) return refusal(401, "unauthorized");
      if (isMisdirected(headers)) return refusal(421, "misdirected");
    }
    const [path = ""] = url.split("?");
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) return refusal(404, "not_found");
    if (method !== "GET" && method !== "HEAD") return { ...refusal(405, "method_not_allowed"), allow: "GET, HEAD" };
    return page();
  }
  const server = createServer(HEALTH_LIMITS, (request, response) => {
    void answer(request)
      .catch(() => refusal(500, "internal"))
      .then(({ status, type = "application/json", allow, body }) => {
        response.writeHead(status, {
          "content-type": type,
          "x-content-type-options": "nosniff",
          ...(allow && { allow }),
        });
        response.end(body);
      });
  });
  await new Promise<void>((resolve, reject) => {
    // What comes later than the start reaches nobody, and must not end the process.
    server.on("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}

/** Throws ConfigurationError for an address that other machines reach, without a token. */
export function requireHealthToken({ host, token }: Pick<HealthAddress, "host" | "token">): void {
  if (isLoopback(host) || token !== undefined) return;
  throw new ConfigurationError("LETHE_HEALTH_HOST is no loopback address, so LETHE_METRICS_TOKEN must be set");
}

function isOfThisMachine({ remoteAddress = "" }: Socket): boolean {
  return isLoopback(remoteAddress.replace(/^::ffff:/, ""));
}

interface HealthAnswer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  readonly allow?: string;
}

function refusal(status: number, code: string): HealthAnswer {
  return { status, body: JSON.stringify({ status, code }) };
}

/** A request here is a line and a few headers. */
const HEALTH_LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16 * 1024,
} as const;

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
