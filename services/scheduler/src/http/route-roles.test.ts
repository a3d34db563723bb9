import { ConfigurationError } from "@lethe/contracts/errors";
import { fastify } from "fastify";
import { expect, it } from "vitest";
import { declareRoles, requireRoles } from "./route-roles.js";

const handler = async () => "";

it("refuses to start with a route that declares no role, and names it", async () => {
  const app = fastify();
  requireRoles(app);
  app.get("/declared", { config: { role: "viewer" } }, handler);
  app.post("/forgotten/:id", handler);
  const ready = Promise.resolve(app.ready());
  await expect(ready).rejects.toThrow(ConfigurationError);
  await expect(ready).rejects.toThrow(/: POST \/forgotten\/:id$/);
});

it("starts when all do, also those of a plugin that knows nothing of roles", async () => {
  const app = fastify();
  requireRoles(app);
  app.get("/health", { config: { role: "nobody" } }, handler);
  app.get("/", { config: { role: "public" } }, handler);
  const roles: unknown[] = [];
  app.addHook("onRequest", async (request) => void roles.push(request.routeOptions.config.role));
  await app.register(async (pages) => {
    declareRoles(pages, "viewer", "operator");
    await pages.register(async (plugin) => {
      plugin.get("/page", handler);
      plugin.put("/page", handler);
    });
  });
  await app.ready();
  for (const method of ["GET", "HEAD", "PUT"] as const) await app.inject({ method, url: "/page" });
  expect(roles).toEqual(["viewer", "viewer", "operator"]);
  await app.close();
});
