import { createRequire } from "node:module";
import path from "node:path";

// Where the libraries look for them by themselves is beside their own code, which is elsewhere once it is bundled.
const { resolve } = createRequire(import.meta.url);

/** The folder of Bull Board's page. */
export const BOARD_FILES = path.dirname(resolve("@bull-board/ui/package.json"));

/** The folder of the page that shows the API's description. */
export const API_PAGE_FILES = path.join(path.dirname(resolve("@fastify/swagger-ui")), "static");

/** The folder of the console's pages. */
export const CONSOLE_FILES = path.join(path.dirname(resolve("@lethe/console/package.json")), "bundle");
