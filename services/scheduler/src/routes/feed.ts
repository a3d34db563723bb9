import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { RewrittenFileSchema } from "@lethe/contracts/rewritten-files";
import { readRewrittenFiles } from "@lethe/warehouse/feed/rewritten-files";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";

const LIMITS = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const Position = Type.Integer(LIMITS);

export const feedRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, { pool, pageSize }) => {
  app.route({
    method: "GET",
    url: "/feed/rewritten",
    config: { role: "viewer" },
    schema: {
      summary: "Processed files that erasures have rewritten, oldest first",
      description:
        "For those who take copies of processed files: a file that is named here must be taken anew, in place of the copy " +
        "(GDPR Art. 19). Ask with the `position` of the last answer; an empty list means that nothing has come since.",
      tags: ["erasures"],
      querystring: Type.Object(
        {
          after: Type.Optional(Type.Integer({ ...LIMITS, default: 0, description: "`position` of the last answer" })),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({ files: Type.Array(ref(RewrittenFileSchema)), position: Position }),
      },
    },
    handler: (request) => readRewrittenFiles(pool, request.query.after ?? 0, pageSize.of(request.query.limit)),
  });
};
