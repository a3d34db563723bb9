import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { FastifyAdapter } from "@bull-board/fastify";
import { NotFoundError } from "@lethe/contracts/errors";
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
  // What is thrown on goes to the handler of the whole API; Bull Board's own would answer with the message of whatever it was.
  adapter.setErrorHandler((error) => {
    throw isOfAnotherType(error) ? new NotFoundError("there is no such job") : error;
  });
  await app.register(adapter.registerPlugin(), { prefix: PREFIX });
}

/** Reports whether Redis refused a command because a key, which Bull Board makes from a job's id, is none of a job. */
function isOfAnotherType(error: Error): boolean {
  return error.message.startsWith("WRONGTYPE");
}
