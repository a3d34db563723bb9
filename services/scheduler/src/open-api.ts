import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { SESSION_COOKIE } from "@lethe/contracts/session";
import { VERSION } from "@lethe/contracts/version";
import { asksForRole } from "./http/route-roles.js";

/** What the API's description says beside the routes. */
export const OPEN_API: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Lethe",
      version: VERSION,
      description: "Start, follow and schedule the four jobs, see to what stands in quarantine, and forget people.",
    },
    tags: [
      { name: "session", description: "Who asks, and how people sign in to the console" },
      { name: "jobs", description: "The four jobs, one per dataset" },
      { name: "runs", description: "One attempt at a job each" },
      { name: "dead letters", description: "What gave up for good, and can be tried again" },
      { name: "schedules", description: "When the jobs run by themselves" },
      { name: "quarantine", description: "Records that were not loaded, and why" },
      { name: "partitions", description: "Hours of a dataset: loaded, partly rejected, failed, late or missing" },
      { name: "checks", description: "Whether the data is right and has come, and alerts about it" },
      { name: "erasures", description: "People who asked to be forgotten, and the receipts" },
      { name: "subjects", description: "A copy of a person's data, and restrictions" },
      { name: "lineage", description: "Where a record came from, and what became of a line of a file" },
      { name: "health", description: "For health checks and scrapers" },
    ],
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A token of `lethe tokens create`, or LETHE_API_TOKEN" },
        session: {
          type: "apiKey",
          in: "cookie",
          name: SESSION_COOKIE,
          description: "What `POST /session` sets; changes need the header `x-csrf-token`, too",
        },
        basic: { type: "http", scheme: "basic", description: "The token as the password, any user name" },
      },
    },
    // The last one: a service on loopback may have no token.
    security: [{ bearer: [] }, { basic: [] }, { session: [] }, {}],
  },
  hideUntagged: true,
  transform: ({ schema, url, route }) => {
    const role = route.config?.role;
    if (!asksForRole(role) || schema === undefined) return { schema, url };
    const needs = `Needs the role \`${role}\`.`;
    return { schema: { ...schema, description: [schema.description, needs].filter(Boolean).join(" ") }, url };
  },
  refResolver: {
    buildLocalReference: (schema, _baseUri, _fragment, index) =>
      typeof schema.$id === "string" ? schema.$id : `schema-${index}`,
  },
};
