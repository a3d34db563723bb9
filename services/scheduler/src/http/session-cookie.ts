import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from "@lethe/contracts/session";
import type { FastifyReply, FastifyRequest } from "fastify";

/** How long a session lasts. */
export const SESSION_SECONDS = 12 * 60 * 60;

/**
 * Returns what the session's cookie holds; undefined without one. Of two cookies of the name one was planted, perhaps by another port
 * of the host, and nobody can tell which: neither is looked at.
 */
export function sessionOf(request: FastifyRequest): string | undefined {
  return cookieOf(request, nameFor(request));
}

/** Reports whether more than one cookie has the session's name, so that none is looked at. */
export function hasTwoSessions(request: FastifyRequest): boolean {
  return cookiesOf(request, nameFor(request)).length > 1;
}

/** Returns what the one cookie of this name holds. */
export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const [found, ...more] = cookiesOf(request, name);
  if (found === undefined || more.length > 0) return undefined;
  try {
    return decodeURIComponent(found);
  } catch {
    return undefined;
  }
}

function cookiesOf({ headers }: FastifyRequest, name: string): string[] {
  const start = `${name}=`;
  return (headers.cookie ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start))
    .map((part) => part.slice(start.length));
}

/**
 * Has the browser hold a session: no script reads it, and no request of another site carries it. What was planted beside it where the
 * console signs in is removed.
 */
export function setSession(request: FastifyRequest, reply: FastifyReply, session: string, secure: boolean): void {
  reply.setCookie(nameFor(request), session, { ...FLAGS, secure, maxAge: SESSION_SECONDS });
  reply.clearCookie(SESSION_COOKIE, { ...FLAGS, path: PLANTED_PATH, secure });
}

/** Has the browser forget its session, and what was planted beside it where the console signs in. */
export function clearSession(request: FastifyRequest, reply: FastifyReply): void {
  const secure = isSecure(request);
  reply.clearCookie(nameFor(request), { ...FLAGS, secure });
  reply.clearCookie(SESSION_COOKIE, { ...FLAGS, path: PLANTED_PATH, secure });
}

const FLAGS = { path: "/", httpOnly: true, sameSite: "strict" } as const;
/** A cookie of this path goes with `/session` before that of all paths, and with nothing else. */
const PLANTED_PATH = "/session";

/** By https a name that no other page can have set but by https, for this host alone and for all its paths. */
function nameFor(request: FastifyRequest): string {
  return isSecure(request) ? SECURE_SESSION_COOKIE : SESSION_COOKIE;
}

/** Reports whether a request came by https, to this server or to the proxy before it. */
export function isSecure({ protocol, headers }: FastifyRequest): boolean {
  const forwarded = String(headers["x-forwarded-proto"] ?? "").split(",")[0];
  return protocol === "https" || forwarded?.trim().toLowerCase() === "https";
}
