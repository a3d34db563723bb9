import { InvalidInputError, RepeatedKeyError } from "@lethe/contracts/errors";
import { repeatedKeyIn } from "@lethe/datasets/repeated-key";
import type { FastifyInstance } from "fastify";
import { isNestedDeeper } from "./nesting.js";
import { problem, sendProblem } from "./problem.js";

/**
 * Takes JSON bodies only, in UTF-8 and not compressed. Where a route takes a body, none at all counts as `{}`, so that
 * `curl -X POST` is enough to start a run. Text that PostgreSQL cannot hold as it is, with a NUL or half a surrogate pair, is refused,
 * and so are a key that occurs twice in an object and a body that is nested too deeply.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    // Before it is parsed: a megabyte of brackets keeps the parser, and what looks through its result, busy for a second.
    if (isNestedDeeper(body, MAX_LEVELS)) {
      return done(new InvalidInputError(`the body is nested too deeply: more than ${MAX_LEVELS} levels`));
    }
    const text = decoded(body);
    if (text === undefined) return done(new InvalidInputError("the body is not UTF-8"));
    parse(request, text, (error, value) => {
      if (error !== null) return done(error);
      if (!isStorable(value)) {
        return done(new InvalidInputError("the body has a text with a NUL or half a surrogate pair"));
      }
      // Not named: the caller may have made the key up of anything.
      if (repeatedKeyIn(value, text) !== undefined) {
        return done(new RepeatedKeyError("an object of the body has a key twice; send each key once"));
      }
      done(null, value);
    });
  });
  app.addHook("preParsing", async (request, reply) => {
    // Asked for only now that its caller is let in.
    const goOn = () => {
      if (request.headers.expect !== undefined) reply.raw.writeContinue();
    };
    if (request.routeOptions.schema?.body === undefined) return goOn();
    const { "content-type": type = "", "content-encoding": encoding = "identity" } = request.headers;
    const [, charset = "utf-8"] = /;\s*charset="?([^\s";]*)/i.exec(type) ?? [];
    if (/^utf-?8$/i.test(charset) && encoding.toLowerCase() === "identity") return goOn();
    return sendProblem(
      reply,
      problem(415, "content_type_unsupported", "the body must be application/json in UTF-8, not compressed"),
    );
  });
  app.addHook("preValidation", async (request) => {
    if (request.routeOptions.schema?.body !== undefined) request.body ??= {};
  });
}

const MAX_LEVELS = 100;

function decoded(body: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** With the flag `u` a surrogate is half a pair. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

function isStorable(value: unknown): boolean {
  const waiting = [value];
  for (const one of waiting) {
    if (typeof one === "string" && UNSTORABLE.test(one)) return false;
    if (typeof one !== "object" || one === null) continue;
    for (const [key, part] of Object.entries(one)) waiting.push(key, part);
  }
  return true;
}
