import { ConfigurationError } from "@lethe/contracts/errors";
import { type Caller, ROLES, type Role } from "@lethe/contracts/roles";
import type { FastifyInstance, RouteOptions } from "fastify";

/**
 * What a route asks of its caller: a role; `public` for the console's files and for signing in, which need no token but are counted
 * (`countsAs`); or `nobody` for health checks, which nothing limits.
 */
export type RouteRole = Role | "public" | "nobody";

/** Reports whether a route asks for a role, and so for a token. */
export function asksForRole(role: RouteRole | undefined): role is Role {
  return ROLES.some((known) => known === role);
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Every route declares it, or the app does not start. */
    readonly role?: RouteRole;
  }
  interface FastifyRequest {
    /** Who asks; undefined on routes that ask for no role. */
    caller: Caller;
    /** Reports whether who asked would be let in now: their token may have been revoked since. Throws where nobody can say. */
    isStillAdmitted: () => Promise<boolean>;
  }
}

/** Makes the app refuse to start with a route that does not declare its role. Throws ConfigurationError, which names it. */
export function requireRoles(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  app.decorateRequest("caller");
  app.decorateRequest("isStillAdmitted");
  app.addHook("onRoute", (route) => void routes.push(route));
  app.addHook("onReady", async () => {
    const without = routes.filter(({ config }) => !isRouteRole(config?.role));
    if (without.length === 0) return;
    const names = without.map(({ method, url }) => `${[method].flat().join(" ")} ${url}`);
    throw new ConfigurationError(
      `these routes do not declare in their config the role that they need: ${names.join(", ")}`,
    );
  });
}

/** Declares the role of all routes of a plugin that knows nothing of roles: one to read, another to change something. */
export function declareRoles(pages: FastifyInstance, read: RouteRole, change: RouteRole): void {
  pages.addHook("onRoute", (route) => {
    const isRead = [route.method].flat().every((method) => method === "GET" || method === "HEAD");
    route.config = { ...route.config, role: isRead ? read : change };
  });
}

function isRouteRole(role: RouteRole | undefined): boolean {
  return role === "nobody" || role === "public" || asksForRole(role);
}
