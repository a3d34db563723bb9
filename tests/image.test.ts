import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SERVICE_NAMES } from "@lethe/contracts/services";
import { filesBelow } from "@lethe/test-kit/folders";
import { landRecords } from "@lethe/test-kit/landing";
import { customer } from "@lethe/test-kit/records";
import { fromRepository } from "@lethe/test-kit/repository";
import { succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// No container engine is needed to know what the image holds: the Dockerfile copies the folder that this makes.

const run = promisify(execFile);
let folder: string;
let image: string;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-image-"));
  image = join(folder, "lethe");
  await run(process.execPath, [fromRepository("infra/stage-image.mjs"), image]);
  world = await openWorld({ services: [] });
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

it("is all that the Dockerfile's last stage has of the build", async () => {
  const dockerfile = await readFile(fromRepository("infra/Dockerfile"), "utf8");
  expect(dockerfile).toContain("RUN node infra/stage-image.mjs /image\n");
  const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  expect(last.match(/^(COPY|ADD) .*$/gm)).toEqual(["COPY --from=build /image ."]);
});

it("holds bundles, scripts and a few files of libraries: no sources, tests, drills, tools or PostgreSQL", async () => {
  const files = [...(await filesBelow(image)).keys()];
  const isExpected =
    /^(services\/[a-z]+\/(bundle\/[^/]+\.js(\.map)?|package\.json)|packages\/cli\/(bundle\/[^/]+\.js(\.map)?|bin\/lethe\.mjs|package\.json)|sql-scripts\/.+\.(sql|md)|infra\/healthcheck\.mjs|LICENSE|node_modules\/(i18n-iso-countries|world-countries|@lethe\/console|@bull-board\/ui|@fastify\/swagger-ui)\/.+)$/;
  expect(files.filter((file) => !isExpected.test(file))).toEqual([]);
  expect(files.filter((file) => /\.tsx?$|\.test\.|native|initdb|vitest|test-kit|drills/.test(file))).toEqual([]);
  for (const name of SERVICE_NAMES) expect(files).toContain(`services/${name}/bundle/main.js`);
});

it("runs every service and the command from there, and its health check finds them ready", async () => {
  const port = String(await freePort());
  for (const name of SERVICE_NAMES) {
    const settings = name === "transformer" ? { LETHE_HEALTH_PORT: port } : {};
    await world.start(name, settings, join(image, `services/${name}/bundle/main.js`));
  }
  await landRecords(world, "date=2022-05-01/hour=01/customers.json", [customer({ id: "100001", country: "Kroatien" })]);
  expect(await succeed(world, "customers")).toMatchObject([{ records: { in: 1, loaded: 1 } }]);
  const { rows } = await world.pool.query(
    "select country_code as country from warehouse.customers where id = '100001'",
  );
  expect(rows).toEqual([{ country: "HR" }]);
  const health = await run(process.execPath, [join(image, "infra/healthcheck.mjs")], {
    env: { LETHE_HEALTH_PORT: port },
  });
  expect(health.stdout).toContain('"ready":true');
  for (const page of ["/docs", "/queues"]) expect(await statusOf(page)).toBe(200);
  const command = [join(image, "packages/cli/bin/lethe.mjs"), "status", "--json"];
  expect((await run(process.execPath, command, { env: { ...world.environment } })).stdout).toContain("customers");
});

async function statusOf(page: string): Promise<number> {
  const [scheduler] = [...world.running].filter(({ name }) => name === "scheduler");
  return (await fetch(`${scheduler?.address}${page}`)).status;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
