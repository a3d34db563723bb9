import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Caller } from "@lethe/contracts/roles";
import { MAX_TOKEN_LENGTH, type Session, SessionSchema } from "@lethe/contracts/session";
import { API_TOKEN_PATTERN } from "@lethe/service-kit/settings";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Callers } from "../http/callers.js";
import { csrfTokenOf } from "../http/csrf-token.js";
import { BEARER, TOO_MANY_TOKENS } from "../http/guard.js";
import { problem, sendProblem, sendTooMany } from "../http/problem.js";
import { problems, ref } from "../http/response-schemas.js";
import { clearSession, cookieOf, hasTwoSessions, isSecure, setSession } from "../http/session-cookie.js";
import { ATTEMPT_SECONDS, type OpenId } from "../open-id/open-id.js";

/** What signing in needs. */
export interface SignInContext {
  readonly callers: Callers;
  readonly openId: OpenId | undefined;
}

export const sessionRoutes: FastifyPluginAsyncTypebox<SignInContext> = async (app, { callers, openId }) => {
  const signIn = {
    token: callers.isTokenRequired,
    openIdConnect: openId === undefined ? null : { name: openId.name },
  };
  const answer = (
    caller: Caller | undefined,
    session: string | undefined,
    problem: Session["problem"] = null,
  ): Session => ({
    caller: caller === undefined ? null : { name: caller.name, role: caller.role },
    csrfToken: session === undefined ? null : csrfTokenOf(session),
    problem,
    signIn,
  });

  app.route({
    method: "GET",
    url: "/session",
    config: { role: "public", countsAs: "its caller's" },
    schema: {
      summary: "Who asks, and how to sign in",
      tags: ["session"],
      security: [],
      response: { 200: ref(SessionSchema), ...problems(503) },
    },
    handler: async (request, reply) => {
      const known = await request.known;
      if ("waitSeconds" in known) return sendTooMany(reply, known.waitSeconds, TOO_MANY_TOKENS);
      return reply.send(answer(known.caller, known.session, hasTwoSessions(request) ? "two_cookies" : null));
    },
  });

  app.route({
    method: "POST",
    url: "/session",
    config: { role: "public" },
    // Anybody may send one.
    bodyLimit: MAX_BODY_BYTES,
    schema: {
      summary: "Sign in with a token",
      description:
        "The browser then holds a session in a cookie that scripts cannot read, for twelve hours at most: it ends when the token is " +
        "revoked. Changes that the cookie lets in need the header `x-csrf-token`. Programs need no session: they send the token as Bearer.",
      tags: ["session"],
      security: [],
      body: Type.Object(
        { token: Type.String({ minLength: 1, maxLength: MAX_TOKEN_LENGTH, pattern: API_TOKEN_PATTERN }) },
        { additionalProperties: false },
      ),
      response: { 200: ref(SessionSchema), ...problems(401, 503) },
    },
    handler: async (request, reply) => {
      const { token } = request.body;
      const tried = await callers.tryToken(request, token);
      if ("waitSeconds" in tried) return sendTooMany(reply, tried.waitSeconds, TOO_MANY_TOKENS);
      if (tried.found === undefined) {
        reply.header("www-authenticate", BEARER);
        return sendProblem(
          reply,
          problem(401, "token_wrong", "this token opens nothing here: it is wrong, or was revoked"),
        );
      }
      request.caller = tried.found;
      const session = callers.sealToken(token);
      setSession(request, reply, session, isSecure(request));
      return reply.send(answer(tried.found, session));
    },
  });

  app.route({
    method: "DELETE",
    url: "/session",
    config: { role: "public", countsAs: "its caller's" },
    schema: {
      summary: "Sign out",
      tags: ["session"],
      security: [],
      response: { 204: Type.Null({ description: "The browser holds no session any more." }) },
    },
    handler: async (request, reply) => {
      clearSession(request, reply);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "GET",
    url: "/session/oidc",
    config: { role: "public", takesLong: true },
    schema: {
      summary: "Sign in by OpenID Connect, where it is set up",
      tags: ["session"],
      security: [],
      response: {
        303: Type.Null({ description: "To the provider, or to `/?sign-in=` and what went wrong." }),
        ...problems(404),
      },
    },
    handler: async (request, reply) => {
      if (openId === undefined) return sendProblem(reply, NOT_SET_UP);
      const begun = await openId.begin();
      if ("failure" in begun) return land(reply, begun.failure);
      reply.setCookie(ATTEMPT_COOKIE, begun.attempt, { ...attemptFlags(request, openId), maxAge: ATTEMPT_SECONDS });
      return reply.redirect(begun.address, 303);
    },
  });

  app.route({
    method: "GET",
    url: "/session/oidc/callback",
    config: { role: "public", takesLong: true },
    schema: {
      summary: "Where the provider sends people back to",
      tags: ["session"],
      security: [],
      querystring: Type.Object({}, { description: "What the provider answers: `code` and `state`, or `error`" }),
      response: {
        303: Type.Null({ description: "To the console, signed in, or to `/?sign-in=` and what went wrong." }),
        ...problems(404),
      },
    },
    handler: async (request, reply) => {
      if (openId === undefined) return sendProblem(reply, NOT_SET_UP);
      // An attempt is good for one answer.
      reply.clearCookie(ATTEMPT_COOKIE, attemptFlags(request, openId));
      const { searchParams } = new URL(request.url, "http://localhost");
      const done = await openId.finish(searchParams, cookieOf(request, ATTEMPT_COOKIE));
      if ("failure" in done) return land(reply, done.failure);
      request.caller = done.caller;
      setSession(request, reply, done.session, openId.isSecure || isSecure(request));
      return land(reply);
    },
  });
};

const MAX_BODY_BYTES = 4_096;

const ATTEMPT_COOKIE = "lethe_sign_in";

const NOT_SET_UP = problem(404, "not_found", "signing in by OpenID Connect is not set up; set LETHE_OIDC_ISSUER");

/** The answer comes by a link from another site, with which a browser sends no cookie that is `Strict`. */
function attemptFlags(request: FastifyRequest, openId: OpenId) {
  const secure = openId.isSecure || isSecure(request);
  return { path: "/session/oidc", httpOnly: true, sameSite: "lax", secure } as const;
}

/** Sends the browser to the console, whose page asks anew who is signed in: a cookie that is `Strict` goes with that request. */
function land(reply: FastifyReply, failure?: string): FastifyReply {
  return reply.redirect(failure === undefined ? "/" : `/?sign-in=${failure}`, 303);
}
