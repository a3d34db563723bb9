import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyHttpOptions } from "fastify";
import { problem } from "./problem.js";

const SECOND_MS = 1_000;
const HEADERS_MS = 10 * SECOND_MS;
const SILENCE_MS = 120 * SECOND_MS;
const KEEP_ALIVE_MS = 10 * SECOND_MS;
const MAX_HEADERS = 100;

/**
 * Returns the options of Fastify and Node that limit slow clients and large requests: `requestMs` for a whole request, of
 * these ten seconds for its headers, 16 KiB of headers, and two minutes for a connection without traffic.
 */
export function connectionLimits(requestMs: number, maxBodyBytes: number) {
  return {
    bodyLimit: maxBodyBytes,
    requestTimeout: requestMs,
    connectionTimeout: SILENCE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Long enough for the job ids in the addresses of Bull Board.
    routerOptions: { maxParamLength: 128 },
    http: {
      requestTimeout: requestMs,
      headersTimeout: Math.min(HEADERS_MS, requestMs),
      maxHeaderSize: 16 * 1024,
      // The guard refuses such requests with a problem.
      requireHostHeader: false,
      // How often Node looks for late requests; every 30 s by default.
      connectionsCheckingInterval: SECOND_MS,
    },
    clientErrorHandler: answerBrokenRequest,
  } satisfies FastifyHttpOptions<Server>;
}

/**
 * Limits the number of headers that are read, for which Node has no option but a field of the server, and keeps account of what
 * `answerBrokenRequest` has to know.
 */
export function watchConnections(server: Server): void {
  server.maxHeadersCount = MAX_HEADERS;
  server.on("checkExpectation", refuseExpectation);
  server.prependListener("request", (request, response) => {
    const { socket } = request;
    const unanswered = connections.get(socket)?.unanswered ?? new Set();
    connections.set(socket, { unanswered: unanswered.add(response), last: response });
    response.once("close", () => unanswered.delete(response));
  });
}

/** What was asked on each connection. */
const connections = new WeakMap<Socket, { readonly unanswered: Set<ServerResponse>; readonly last: ServerResponse }>();

/** Reports whether what comes next on a connection is read as the answer to what cannot be read on it. */
function isNextToAnswer(socket: Socket): boolean {
  const asked = connections.get(socket);
  if (asked === undefined) return true;
  const { unanswered, last } = asked;
  if (last.req.complete) return unanswered.size === 0;
  // A request whose body is broken is answered in its own place, unless that was done before its end.
  return unanswered.size === 1 && !last.headersSent;
}

/** Answers a request that expects something else than to be told to continue with its body. */
function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const answer = problem(417, "expectation_unknown", "no expectation but 100-continue is known");
  response.writeHead(answer.status, { "content-type": "application/problem+json", connection: "close" });
  response.end(JSON.stringify(answer));
}

/** Answers a connection whose request was too slow, had too large headers, or was not HTTP. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  if (!isNextToAnswer(socket)) return void socket.destroySoon();
  const answer = BROKEN[error.code ?? ""] ?? problem(400, "input_invalid", "the request cannot be read");
  const body = JSON.stringify(answer);
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

const BROKEN: Readonly<Record<string, ReturnType<typeof problem>>> = {
  ERR_HTTP_REQUEST_TIMEOUT: problem(408, "request_too_slow", "the request did not arrive in time"),
  HPE_HEADER_OVERFLOW: problem(431, "headers_too_large", "the headers are larger than 16 KiB"),
};
