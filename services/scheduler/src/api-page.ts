import type { FastifySwaggerUiOptions } from "@fastify/swagger-ui";
import { FAVICON, LOGO } from "./api-page-logo.js";

const SVG = "image/svg+xml";

/** The name and the signs of the page that shows the API's description. */
export const API_PAGE: Pick<FastifySwaggerUiOptions, "logo" | "theme"> = {
  logo: { type: SVG, content: Buffer.from(LOGO), href: "/docs" },
  theme: {
    title: "Lethe API",
    favicon: [{ filename: "favicon.svg", rel: "icon", type: SVG, sizes: "any", content: FAVICON }],
  },
};
