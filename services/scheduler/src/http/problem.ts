import { STATUS_CODES } from "node:http";
import {
  IdentityDoubtError,
  InvalidInputError,
  LateAnswerError,
  LetheError,
  NotFoundError,
  PathRefusedError,
  RepeatedKeyError,
  RoleRequiredError,
  RunActiveError,
  RunStateError,
  ServiceKeyError,
  TransientError,
} from "@lethe/contracts/errors";
import type { Problem } from "@lethe/contracts/problem";
import { isDatabaseUnavailable } from "@lethe/warehouse/unavailable";
import type { FastifyError, FastifyReply, FastifySchemaValidationError } from "fastify";

/**
 * Returns the problem details (RFC 9457) of the answer to a thrown error. Shows only messages of Lethe's own errors, since
 * others quote the input, and no messages for status 500 and above. `maxBodyBytes` is the limit to name for a body that is
 * too large.
 */
export function problemOf(error: unknown, maxBodyBytes: number): Problem {
  if (isDatabaseUnavailable(error)) return problem(503, "database_unavailable", "the database does not answer");
  if (error instanceof LetheError) return problemOfLethe(error);
  if (!isFastifyError(error)) return problem(500, "internal");
  if (error.validation !== undefined) return problemOfValidation(error);
  if (error.statusCode === 413) return problem(413, "body_too_large", `the body is larger than ${maxBodyBytes} bytes`);
  return CLIENT_ERRORS[error.statusCode ?? 500] ?? problem(500, "internal");
}

/** Creates problem details, with the title of the status. */
export function problem(status: number, code: string, detail?: string): Problem {
  const title = STATUS_CODES[status] ?? "Error";
  return { type: "about:blank", title, status, code, ...(detail === undefined ? {} : { detail }) };
}

/** Answers one request too many, with the seconds after which to try again. */
export function sendTooMany(reply: FastifyReply, waitSeconds: number, detail: string): FastifyReply {
  return sendProblem(reply.header("retry-after", waitSeconds), problem(429, "rate_limited", detail));
}

/** Answers a request with a problem. */
export function sendProblem(reply: FastifyReply, answer: Problem): FastifyReply {
  return reply.code(answer.status).type("application/problem+json").send(answer);
}

const CLIENT_ERRORS: Readonly<Record<number, Problem>> = {
  400: problem(400, "input_invalid", "the request's body or address cannot be read"),
  // A path that leads out of the folder of the pages' files.
  403: problem(404, "not_found", "there is nothing at this address"),
  404: problem(404, "not_found", "there is nothing at this address"),
  414: problem(414, "address_too_long"),
  415: problem(415, "content_type_unsupported", "the body must be application/json"),
};

function problemOfLethe(error: LetheError): Problem {
  const status = statusOf(error);
  if (status === 500) return problem(500, "internal");
  if (error instanceof ServiceKeyError || error instanceof LateAnswerError)
    return problem(503, error.code, error.message);
  if (status === 503) return problem(503, error.code);
  const answer = problem(status, error.code, error.message);
  return error instanceof RunActiveError ? { ...answer, activeRunId: error.activeRunId } : answer;
}

function statusOf(error: LetheError): number {
  if ([InvalidInputError, PathRefusedError, RepeatedKeyError].some((refusal) => error instanceof refusal)) return 400;
  if (error instanceof RoleRequiredError) return 403;
  if (error instanceof NotFoundError) return 404;
  if (error instanceof RunActiveError || error instanceof RunStateError || error instanceof IdentityDoubtError)
    return 409;
  return error instanceof TransientError || error instanceof LateAnswerError ? 503 : 500;
}

/**
 * Names the place and what is expected there, never the value, nor a name that the caller made up. A path that no schema allows does
 * not exist.
 */
function problemOfValidation({ validation: found = [], validationContext: context }: FastifyError): Problem {
  // Of an unknown key there is one error at the object, and one at the key, where no value is allowed.
  const validation = found.filter(({ keyword }) => keyword !== "boolean");
  const places = new Set(
    validation.map((found) => `${context ?? "request"}${found.instancePath} ${expectation(found)}`),
  );
  if (context !== "params") return problem(400, "input_invalid", [...places].join("; "));
  const isNameOfFew = validation.every(({ params }) => Array.isArray(params.allowedValues));
  const detail = isNameOfFew ? [...places].join("; ") : "there is nothing at this address";
  return problem(404, "not_found", detail);
}

/** Describes what a place should hold; of an enumeration, all values that it may have. */
function expectation({ message = "is wrong", params }: FastifySchemaValidationError): string {
  const { allowedValues } = params;
  return Array.isArray(allowedValues) ? `must be one of ${allowedValues.join(", ")}` : message;
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && "statusCode" in error && "code" in error;
}
