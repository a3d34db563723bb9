import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { declareRoles } from "../http/route-roles.js";
import { CONSOLE_FILES } from "../page-files.js";

const DOCUMENT = path.join(CONSOLE_FILES, "index.html");
/** For a file whose name holds a hash of its content. */
const FOR_EVER = `public, max-age=${365 * 24 * 60 * 60}, immutable`;

/**
 * Serves the console: its document at `/` and at every address below `/console/`, where its script shows the page that the address names,
 * and its other files below `/assets/`. They hold no data, so they need no token.
 */
export async function consoleRoutes(app: FastifyInstance): Promise<void> {
  declareRoles(app, "public", "admin");
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, countsAs: "a file's" };
  });
  await app.register(fastifyStatic, {
    root: path.join(CONSOLE_FILES, "assets"),
    prefix: "/assets/",
    // A route for each file: what is not there is answered like any other unknown address.
    wildcard: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, file) => void reply.header("cache-control", file === DOCUMENT ? "no-cache" : FOR_EVER),
  });
  for (const url of ["/", "/console", "/console/*"]) {
    app.get(url, (_request, reply) =>
      reply.sendFile(path.basename(DOCUMENT), path.dirname(DOCUMENT), { cacheControl: false }),
    );
  }
}
