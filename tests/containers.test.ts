import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { requireSigningKey } from "@lethe/privacy/signing-key";
import { requireHealthToken } from "@lethe/service-kit/health-server";
import { healthAddress } from "@lethe/service-kit/run-service";
import { COMMON_SETTINGS, type Environment, readSettings } from "@lethe/service-kit/settings";
import { fromRepository } from "@lethe/test-kit/repository";
import Type, { type TObject } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ExtractorSettings } from "../services/extractor/src/settings.js";
import { LoaderSettings } from "../services/loader/src/settings.js";
import { requireSigning, requireToken, SchedulerSettings } from "../services/scheduler/src/settings.js";
import { TransformerSettings } from "../services/transformer/src/settings.js";

const SCHEMAS: Readonly<Record<string, TObject>> = {
  scheduler: SchedulerSettings,
  extractor: ExtractorSettings,
  transformer: TransformerSettings,
  loader: LoaderSettings,
};
const NAMES = Object.keys(SCHEMAS);

/** What is read of docker-compose.yml here; it may say more. */
const ComposeFile = Compile(
  Type.Object({
    services: Type.Record(
      Type.String(),
      Type.Object({
        build: Type.Optional(Type.Object({ context: Type.String(), dockerfile: Type.String() })),
        command: Type.Optional(Type.Array(Type.String())),
        environment: Type.Optional(Type.Record(Type.String(), Type.String())),
        profiles: Type.Optional(Type.Array(Type.String())),
        secrets: Type.Array(Type.String()),
        ports: Type.Optional(Type.Array(Type.String())),
        user: Type.String(),
        read_only: Type.Literal(true),
        cap_drop: Type.Tuple([Type.Literal("ALL")]),
        cap_add: Type.Optional(Type.Never()),
        privileged: Type.Optional(Type.Never()),
        network_mode: Type.Optional(Type.Never()),
        security_opt: Type.Tuple([Type.Literal("no-new-privileges:true")]),
        networks: Type.Array(Type.String()),
        entrypoint: Type.Optional(Type.Array(Type.String())),
        restart: Type.String(),
        depends_on: Type.Optional(Type.Record(Type.String(), Type.Object({ condition: Type.String() }))),
        healthcheck: Type.Optional(
          Type.Union([
            Type.Object({ disable: Type.Literal(true) }),
            Type.Object({ test: Type.Array(Type.String(), { minItems: 2 }) }),
          ]),
        ),
      }),
    ),
    secrets: Type.Record(Type.String(), Type.Object({ file: Type.String() })),
    networks: Type.Record(Type.String(), Type.Union([Type.Null(), Type.Object({ internal: Type.Boolean() })])),
  }),
);

/** Containers that the host reaches. */
const PUBLISHED = ["scheduler", "grafana"];

/** Containers that do one thing and end. */
const COMMANDS = ["lethe", "migrate"];

let compose: ReturnType<typeof ComposeFile.Parse>;
let imageEnvironment: Environment;
/** What a service does without: then nobody signs, and the scheduler restricts nobody. */
const OPTIONAL = [
  "scheduler LETHE_PRIVACY_KEY_FILE",
  "scheduler LETHE_SIGNING_KEY_FILE",
  "loader LETHE_SIGNING_KEY_FILE",
];

/** Secrets as `make-secrets.sh` makes them. */
let secrets: string;

beforeAll(async () => {
  compose = ComposeFile.Parse(parse(await readFile(fromRepository("docker-compose.yml"), "utf8"), { merge: true }));
  const dockerfile = await readFile(fromRepository("infra/Dockerfile"), "utf8");
  // The last stage is the image.
  const [, assignments = ""] = /^ENV (.+)$/m.exec(dockerfile.slice(dockerfile.lastIndexOf("\nFROM "))) ?? [];
  imageEnvironment = Object.fromEntries(assignments.split(" ").map((assignment) => assignment.split("=")));
  secrets = await mkdtemp(join(tmpdir(), "lethe-secrets-"));
  await makeSecrets(secrets);
});
afterAll(() => rm(secrets, { recursive: true, force: true }));

it("has a container for every service, which runs it, and the command's own two", async () => {
  expect((await readdir(fromRepository("services"))).sort()).toEqual([...NAMES].sort());
  const built = Object.entries(compose.services).filter(([, service]) => service.build !== undefined);
  expect(built.map(([name]) => name).sort()).toEqual([...NAMES, ...COMMANDS].sort());
  for (const name of NAMES) {
    expect(compose.services[name]?.command).toEqual(["node", `services/${name}/bundle/main.js`]);
    await stat(fromRepository(`services/${name}/src/main.ts`));
  }
});

describe.each(NAMES)("the %s's container", (name) => {
  it("is given settings that the service knows", () => {
    const known = Object.keys(schemaOf(name).properties);
    for (const variable of Object.keys(environmentOf(name))) {
      expect(known).toContain(variable.replace(/_FILE$/, ""));
    }
  });

  it("starts with the secrets that are made for it, and in production", () => {
    const settings = settingsOf(name, environmentOf(name));
    expect(settings).toMatchObject({ NODE_ENV: "production", DATA_DIR: "/data" });
  });

  it("refuses to start when one of its secrets is not given", () => {
    const environment = environmentOf(name);
    const fromFiles = Object.keys(environment).filter((variable) => variable.endsWith("_FILE"));
    expect(fromFiles).toHaveLength(compose.services[name]?.secrets.length ?? 0);
    for (const variable of fromFiles.filter((each) => !OPTIONAL.includes(`${name} ${each}`))) {
      const setting = variable.replace(/_FILE$/, "");
      expect(() => settingsOf(name, { ...environment, [variable]: undefined }), setting).toThrow(setting);
    }
  });
});

it("asks every container that stays up for its health, those of the image by the image", async () => {
  const dockerfile = await readFile(fromRepository("infra/Dockerfile"), "utf8");
  expect(dockerfile.slice(dockerfile.lastIndexOf("\nFROM "))).toMatch(
    /^HEALTHCHECK .*\n\s+CMD \["node", "infra\/healthcheck.mjs"\]$/m,
  );
  for (const [name, { build, healthcheck, restart }] of Object.entries(compose.services)) {
    const staysUp = !COMMANDS.includes(name);
    expect(restart, name).toBe(staysUp ? "unless-stopped" : "no");
    if (!staysUp) expect(healthcheck, name).toEqual({ disable: true });
    else if (build === undefined) expect(healthcheck, name).toHaveProperty("test");
    else expect(healthcheck, name).toBeUndefined();
  }
});

it("keeps servers and workers on a network without a way out", () => {
  expect(compose.networks.inside).toEqual({ internal: true });
  for (const [name, { networks }] of Object.entries(compose.services)) {
    expect(networks, name).toEqual(PUBLISHED.includes(name) ? ["inside", "outside"] : ["inside"]);
  }
});

describe("the database's logins", () => {
  const userOf = async (secret: string) => new URL(await readFile(join(secrets, secret), "utf8")).username;

  it("are one for each service; the owner's is for migrations and the command alone", async () => {
    for (const name of NAMES) {
      const service = compose.services[name];
      expect(service?.environment?.DATABASE_URL_FILE).toBe(`/run/secrets/${name}_database_url`);
      expect(service?.secrets.filter((secret) => /database|password/.test(secret))).toEqual([`${name}_database_url`]);
      expect(await userOf(`${name}_database_url`)).toBe(`lethe_${name}_login`);
    }
    const withOwner = Object.entries(compose.services).filter(([, { secrets }]) => secrets.includes("database_url"));
    expect(withOwner.map(([name]) => name).sort()).toEqual(COMMANDS);
    expect(await userOf("database_url")).toBe("lethe");
  });

  it("are made before any service starts, with the passwords that the services have", async () => {
    const migrate = compose.services.migrate;
    expect([migrate?.entrypoint, migrate?.command]).toEqual([["lethe"], ["migrate", "--logins", "/run/secrets"]]);
    for (const name of NAMES) {
      expect(compose.services[name]?.depends_on?.migrate).toEqual({ condition: "service_completed_successfully" });
      expect(migrate?.secrets).toContain(`${name}_db_password`);
      const url = new URL(await readFile(join(secrets, `${name}_database_url`), "utf8"));
      expect(url.password).toBe((await readFile(join(secrets, `${name}_db_password`), "utf8")).trim());
    }
  });
});

it("publishes nothing but the scheduler and the dashboard, and these on the loopback address", () => {
  const published = Object.entries(compose.services).filter(([, service]) => service.ports !== undefined);
  expect(published.map(([name]) => name)).toEqual(PUBLISHED);
  for (const [, { ports }] of published) for (const port of ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
});

it("starts what measures only when asked to, and gives it nothing of anybody's data", () => {
  for (const name of ["prometheus", "grafana"]) {
    expect(compose.services[name]?.profiles).toEqual(["monitoring"]);
    expect(compose.services[name]?.secrets).toEqual([name === "grafana" ? "grafana_password" : "metrics_token"]);
  }
});

it("runs nothing as root", () => {
  for (const [name, { user }] of Object.entries(compose.services)) {
    expect(withDefaults(user), name).toMatch(/^(10001:10001|postgres|redis|nobody|472:0)$/);
  }
});

it("makes secrets once, each of its own, for their owner alone", async () => {
  const before = await contents(secrets);
  expect([...before.keys()].sort()).toEqual(
    Object.values(compose.secrets)
      .map(({ file }) => basename(file))
      .sort(),
  );
  expect(new Set(before.values()).size).toBe(before.size);
  expect((await stat(secrets)).mode & 0o777).toBe(0o700);
  await makeSecrets(secrets);
  expect(await contents(secrets)).toEqual(before);
});

it("makes what is missing fit what is there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lethe-secrets-"));
  try {
    await cp(secrets, folder, { recursive: true });
    await Promise.all(
      ["database_url", "loader_database_url", "redis_url", "redis.conf"].map((name) => rm(join(folder, name))),
    );
    await makeSecrets(folder);
    expect(await contents(folder)).toEqual(await contents(secrets));
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Reads and checks settings as a service does before it opens anything. */
function settingsOf(name: string, environment: Environment): unknown {
  requireHealthToken(healthAddress(readSettings(Type.Object(COMMON_SETTINGS), environment)));
  if (name === "scheduler") {
    const settings = readSettings(SchedulerSettings, environment);
    requireToken(settings);
    requireSigning(settings);
  }
  if (name === "loader") requireSigningKey(readSettings(LoaderSettings, environment).LETHE_SIGNING_KEY);
  return readSettings(schemaOf(name), environment);
}

function schemaOf(name: string): TObject {
  const schema = SCHEMAS[name];
  if (schema === undefined) throw new Error(`no schema for ${name}`);
  return schema;
}

/** The environment of a container: the image's, then the compose file's. Of the secrets only those it is given exist. */
function environmentOf(name: string): Record<string, string | undefined> {
  const service = compose.services[name];
  const given = Object.entries(service?.environment ?? {}).map(([variable, text]) => {
    const secret = /^\/run\/secrets\/(.+)$/.exec(text)?.[1];
    if (secret === undefined) return [variable, withDefaults(text)];
    const file = service?.secrets.includes(secret) ? compose.secrets[secret]?.file : undefined;
    return [variable, join(secrets, file === undefined ? "not-given" : basename(file))];
  });
  return { ...imageEnvironment, ...Object.fromEntries(given) };
}

/** Returns a text of the compose file with `${NAME:-default}` as where NAME is not set. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:-([^}]*)\}/g, "$1");
}

async function makeSecrets(folder: string): Promise<void> {
  await promisify(execFile)("sh", [fromRepository("infra/make-secrets.sh"), folder]);
}

async function contents(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}
