import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { SESSION_COOKIE } from "@lethe/contracts/session";
import { VERSION } from "@lethe/contracts/version";
import { BODY_EXAMPLES, QUERY_EXAMPLES } from "./harmless-examples.js";
import { asksForRole } from "./http/route-roles.js";

/** What the API's description says beside the routes. */
export const OPEN_API: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Lethe API",
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
    if (schema === undefined) return { schema, url };
    const key = `${String(route.method)} ${url}`;
    const role = route.config?.role;
    const needs = asksForRole(role) ? `Needs the role \`${role}\`.` : undefined;
    return {
      schema: {
        ...schema,
        operationId: operationId(String(route.method), url),
        ...(needs !== undefined && { description: [schema.description, needs].filter(Boolean).join(" ") }),
        ...(isObject(schema.body) && { body: withExample(schema.body, BODY_EXAMPLES[key]) }),
        ...(isObject(schema.querystring) && { querystring: withExamples(schema.querystring, QUERY_EXAMPLES[key]) }),
      },
      url,
    };
  },
  transformObject: (document) => {
    if (!("openapiObject" in document)) return {};
    const { openapiObject } = document;
    for (const item of Object.values(openapiObject.paths ?? {})) {
      for (const operation of Object.values(item ?? {})) markOptionalBody(operation);
    }
    return openapiObject;
  },
  refResolver: {
    buildLocalReference: (schema, _baseUri, _fragment, index) =>
      typeof schema.$id === "string" ? schema.$id : `schema-${index}`,
  },
};

/** Names an operation by its method and address, which no other has: `postJobsByJobRuns`. */
function operationId(method: string, url: string): string {
  const words = url.split("/").flatMap((part) => (part.startsWith(":") ? ["by", part.slice(1)] : part.split("-")));
  return method.toLowerCase() + words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join("");
}

function withExample(schema: object, example: object | undefined): object {
  return example === undefined ? schema : { ...schema, examples: [example] };
}

function withExamples(schema: object, examples: Readonly<Record<string, unknown>> = {}): object {
  if (!("properties" in schema) || !isObject(schema.properties)) return schema;
  const properties = Object.entries(schema.properties).map(([name, property]) => [
    name,
    isObject(property) && name in examples ? { ...property, example: examples[name] } : property,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** A body of which nothing is required may be left out: none at all counts as `{}`. */
function markOptionalBody(operation: unknown): void {
  if (!isObject(operation) || !("requestBody" in operation) || !isObject(operation.requestBody)) return;
  const { requestBody } = operation;
  if (!("content" in requestBody) || !isObject(requestBody.content)) return;
  const schemas = Object.values(requestBody.content).map((media: { readonly schema?: object }) => media.schema ?? {});
  Object.assign(requestBody, { required: schemas.some(needsSomething) });
}

function needsSomething(schema: object): boolean {
  const { required = [], minProperties = 0 } = schema as {
    readonly required?: readonly string[];
    readonly minProperties?: number;
  };
  return required.length > 0 || minProperties > 0;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
