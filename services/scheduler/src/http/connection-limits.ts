import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FastifyHttpOptions } from "fastify";
import { createConnectionPlaces } from "./connection-places.js";
import { type Handle, inTurn } from "./in-turn.js";
import { onClosed } from "./on-closed.js";
import { paceSocket } from "./paced-socket.js";
import { problem } from "./problem.js";

const SECOND_MS = 1_000;
const HEADERS_MS = 10 * SECOND_MS;
const SILENCE_MS = 120 * SECOND_MS;
const KEEP_ALIVE_MS = 10 * SECOND_MS;

/**
 * Returns the options of Fastify that limit slow clients, large requests and those who do not wait for answers: `requestMs` for a whole
 * request, of these ten seconds for its headers, 16 KiB of headers, two minutes for a connection without traffic, one request of a
 * connection at a time, and `maxConnections`.
 */
export function connectionLimits(requestMs: number, maxBodyBytes: number, maxConnections: number) {
  return {
    bodyLimit: maxBodyBytes,
    // Long enough for the job ids in the addresses of Bull Board.
    routerOptions: { maxParamLength: 128 },
    serverFactory: (handle: Handle) => openServer(handle, requestMs, maxConnections),
    clientErrorHandler: answerBrokenRequest,
  } satisfies FastifyHttpOptions<Server>;
}

function openServer(handle: Handle, requestMs: number, maxConnections: number): Server {
  const server = createServer({
    requestTimeout: requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(HEADERS_MS, requestMs),
    maxHeaderSize: 16 * 1024,
    // The guard refuses such requests with a problem.
    requireHostHeader: false,
    // How often Node looks for late requests; every 30 s by default.
    connectionsCheckingInterval: SECOND_MS,
  });
  server.setTimeout(SILENCE_MS);
  // All are read, and the guard refuses too many: Node would leave out those behind its limit.
  server.maxHeadersCount = 0;
  const places = createConnectionPlaces(maxConnections);
  serveBehind(server, (raw) => {
    const socket = paceSocket(raw);
    if (places.take(socket)) return socket;
    socket.destroy();
    return undefined;
  });
  const handleInTurn = inTurn((request, response) => {
    const { socket } = request;
    places.setAtWork(socket, true);
    const leavePlace = () => places.setAtWork(socket, false);
    placed.set(response, leavePlace);
    onClosed(response, leavePlace);
    handle(request, response);
  });
  const take: Handle = (request, response) => {
    remember(request, response);
    handleInTurn(request, response);
  };
  server.on("request", take);
  // Nobody is told to go on with a body, or refused for what else they expect, before the guard has looked at them.
  server.on("checkContinue", take);
  server.on("checkExpectation", take);
  server.on("connect", (_request: IncomingMessage, socket: Duplex) =>
    socket.end(rawAnswer(problem(400, "input_invalid", "this is no proxy"))),
  );
  return server;
}

/** Treats the connection of an answer that goes on for long as one at rest, whose place goes to a newcomer that finds none. */
export function leavePlaceToOthers(response: ServerResponse): void {
  placed.get(response)?.();
}

const placed = new WeakMap<ServerResponse, () => void>();

/** Has a server serve what `admit` makes of its connections, and none where that is undefined. */
function serveBehind(server: Server, admit: (raw: Socket) => Duplex | undefined): void {
  const serve = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (raw: Socket) => {
    const socket = admit(raw);
    if (socket === undefined) return;
    for (const listener of serve) listener.call(server, socket);
  });
}

/** Keeps account of what `answerBrokenRequest` has to know. */
function remember(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  // The rest of what had been read when the connection was ended.
  if (socket.destroyed) return;
  const unanswered = connections.get(socket)?.unanswered ?? new Set();
  connections.set(socket, { unanswered: unanswered.add(response), last: response });
  onClosed(response, () => unanswered.delete(response));
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

/** Answers a connection whose request was too slow, had too large headers, or was not HTTP. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  if (!isNextToAnswer(socket)) return void socket.destroySoon();
  if (socket.writable) {
    socket.write(rawAnswer(BROKEN[error.code ?? ""] ?? problem(400, "input_invalid", "the request cannot be read")));
  }
  socket.destroySoon();
}

function rawAnswer(answer: ReturnType<typeof problem>): string {
  const body = JSON.stringify(answer);
  return (
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\nContent-Type: application/problem+json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  );
}

const BROKEN: Readonly<Record<string, ReturnType<typeof problem>>> = {
  ERR_HTTP_REQUEST_TIMEOUT: problem(408, "request_too_slow", "the request did not arrive in time"),
  HPE_HEADER_OVERFLOW: problem(431, "headers_too_large", "the headers are larger than 16 KiB"),
};
