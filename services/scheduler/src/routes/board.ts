import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { FastifyAdapter } from "@bull-board/fastify";
import type { FastifyInstance } from "fastify";
import type { SchedulerContext } from "../context.js";
import { BOARD_FILES } from "../page-files.js";

const PREFIX = "/queues";

/** Bull Board over all queues. What it shows are references: no job holds a record. */
export async function boardRoutes(app: FastifyInstance, board: SchedulerContext["board"]): Promise<void> {
  const adapter = new FastifyAdapter();
  adapter.setBasePath(PREFIX);
  createBullBoard({
    queues: board.queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: board.readOnly })),
    serverAdapter: adapter,
    options: { uiBasePath: BOARD_FILES, uiConfig: { boardTitle: "Lethe", hideRedisDetails: true } },
  });
  // Bull Board's own handler answers with the message of whatever was thrown.
  adapter.setErrorHandler(() => ({ status: 500, body: { error: "internal" } }));
  await app.register(adapter.registerPlugin(), { prefix: PREFIX });
}
