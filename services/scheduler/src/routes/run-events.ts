import sse from "@fastify/sse";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { isActive } from "@lethe/contracts/runs";
import { requireRun } from "@lethe/warehouse/ledger/known-references";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { type EventStream, openEventStream } from "../http/event-stream.js";
import { problem, sendProblem } from "../http/problem.js";
import { createRunWatch } from "../run-events/watch-runs.js";

/** An event has the first notices of a run; those that somebody reads are asked for by themselves. */
const MOST_NOTICES = 100;

export const runEventRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, { pool, limits, streams }) => {
  const runs = createRunWatch((runId) => readRun(pool, runId, MOST_NOTICES));
  const open = new Set<EventStream>();
  // The server waits for its answers to end before it closes.
  app.addHook("preClose", async () => {
    for (const stream of [...open]) stream.close();
  });
  // Called, not registered: it is for the routes of this plugin alone.
  await sse.default(app, { heartbeatInterval: streams.heartbeatMs });

  app.route({
    method: "GET",
    url: "/runs/:id/events",
    config: { role: "viewer", isStream: true },
    // An answer without a body would go on as long.
    exposeHeadRoute: false,
    sse: "manual",
    schema: {
      summary: "Follow a run by server-sent events",
      description: `An event \`run\` at once and whenever the run changes, once a second at most; its data is a \`RunEvent\`: the run
with its first ${MOST_NOTICES} notices, and \`progress\`. When the run has closed, an event \`end\` follows, and the answer ends. A browser's
EventSource would then ask again: close it at \`end\`. A comment every ${Math.round(streams.heartbeatMs / 1_000)} seconds shows that the connection is there. When the
caller's token is revoked, the answer ends within a minute.`,
      tags: ["runs"],
      params: Type.Object({ id: Type.String({ format: "uuid" }) }),
      response: {
        200: {
          description: "Events until the run has closed.",
          content: { "text/event-stream": { schema: Type.String() } },
        },
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await requireRun(pool, id);
      if (open.size >= limits.connections / 2) return sendProblem(reply, problem(503, "too_many_streams", TOO_MANY));
      const recheck = setInterval(() => {
        // While nobody can say, nothing of the run can be read either.
        request.isStillAdmitted().then(
          (isAdmitted) => isAdmitted || stream.close(),
          () => {},
        );
      }, streams.recheckMs);
      const stream = openEventStream(reply, () => {
        clearInterval(recheck);
        open.delete(stream);
        stop();
      });
      open.add(stream);
      const stop = runs.watch(id, (event) => {
        stream.send("run", event);
        if (!isActive(event.state)) stream.end();
      });
    },
  });
};

const TOO_MANY = "too many runs are followed at the moment; ask for the run itself until others have ended";
