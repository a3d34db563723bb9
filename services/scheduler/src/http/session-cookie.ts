import { SESSION_COOKIE } from "@lethe/contracts/session";
import type { FastifyReply, FastifyRequest } from "fastify";

/** How long a session lasts. */
export const SESSION_SECONDS = 12 * 60 * 60;

/**
 * Returns what the session's cookie holds; undefined without one. Of two cookies of the name one was planted, perhaps by another port
 * of the host, and nobody can tell which: neither is looked at.
 */
export function sessionOf(request: FastifyRequest): string | undefined {
  return cookieOf(request, SESSION_COOKIE);
}

/** Returns what the one cookie of this name holds. */
export function cookieOf({ headers }: FastifyRequest, name: string): string | undefined {
  const start = `${name}=`;
  const [found, ...more] = (headers.cookie ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(start));
  if (found === undefined || more.length > 0) return undefined;
  try {
    return decodeURIComponent(found.slice(start.length));
  } catch {
    return undefined;
  }
}

/** Has the browser hold a session: no script reads it, and no request of another site carries it. */
export function setSession(reply: FastifyReply, session: string, secure: boolean): void {
  reply.setCookie(SESSION_COOKIE, session, { ...FLAGS, secure, maxAge: SESSION_SECONDS });
}

/** Has the browser forget its session. */
export function clearSession(reply: FastifyReply, secure: boolean): void {
  reply.clearCookie(SESSION_COOKIE, { ...FLAGS, secure });
}

const FLAGS = { path: "/", httpOnly: true, sameSite: "strict" } as const;

/** Reports whether a request came by https, to this server or to the proxy before it. */
export function isSecure({ protocol, headers }: FastifyRequest): boolean {
  const forwarded = String(headers["x-forwarded-proto"] ?? "").split(",")[0];
  return protocol === "https" || forwarded?.trim().toLowerCase() === "https";
}
