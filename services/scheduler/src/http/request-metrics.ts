import type { FastifyInstance } from "fastify";
import { Histogram, type Registry } from "prom-client";

/** Measures the duration of requests by their route's pattern, since an address could hold personal data. */
export function measureRequests(app: FastifyInstance, metricsRegistry: Registry): void {
  const durations = new Histogram({
    name: "lethe_http_request_duration_seconds",
    help: "Time from a request's headers to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metricsRegistry],
  });
  app.addHook("onResponse", async (request, reply) => {
    // How long somebody listens says nothing of how fast answers come.
    if (request.routeOptions.config.isStream === true) return;
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? "none",
      status: String(reply.statusCode),
    };
    durations.observe(labels, reply.elapsedTime / 1_000);
  });
}
