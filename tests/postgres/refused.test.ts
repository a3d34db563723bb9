import { UnfitDatabaseError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { runLethe } from "@lethe/test-kit/program";
import { cloneDatabase, createDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { openWorld, type World } from "@lethe/test-kit/world";
import { migrate } from "@lethe/warehouse/migrate";
import { createPool } from "@lethe/warehouse/pool";
import { requireDatabase } from "@lethe/warehouse/require-database";
import { openServicePool } from "@lethe/warehouse/service-pool";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { createLogin, type TestLogin } from "../roles/logins.js";

const DECLARATION = createDatasets().database;
let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  world = await openWorld({ services: [] });
});
afterAll(async () => {
  await database.drop();
  await world.close();
});

async function run(url: string, statement: string): Promise<void> {
  const pool = createPool(url, 1, "lethe-e2e");
  try {
    await pool.query(statement);
  } finally {
    await pool.end();
  }
}

async function withLogin(attributes = ""): Promise<TestLogin> {
  const login = await createLogin(attributes);
  onTestFinished(login.drop);
  return login;
}

async function withDatabase(attributes = ""): Promise<TestDatabase> {
  const made = await createDatabase(inject("databaseUrl"), attributes);
  onTestFinished(made.drop);
  return made;
}

const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);

function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

describe("a database that Lethe cannot work with is refused by a sentence that says what to do", () => {
  it.each(["SQL_ASCII", "LATIN1"])("of the encoding %s", async (encoding) => {
    const odd = await withDatabase(`template template0 encoding '${encoding}' locale_provider libc locale 'C'`);
    const refused = migrate(odd.url, DECLARATION);
    await expect(refused).rejects.toBeInstanceOf(UnfitDatabaseError);
    await expect(refused).rejects.toMatchObject({ code: "database_encoding" });
    await expect(refused).rejects.toThrow(
      `the encoding of the database ${nameOf(odd)} is ${encoding} (server_encoding), and Lethe needs UTF8`,
    );
    await expect(refused).rejects.toThrow("create database lethe template template0 encoding 'UTF8'");
  });

  it("whose login may open few connections", async () => {
    for (const limit of [1, 2, 39]) {
      const login = await withLogin(`connection limit ${limit}`);
      await expect(requireDatabase(login.urlOf(database.url))).rejects.toMatchObject({
        code: "database_connections",
        message: `the connection limit of the role ${login.name} is ${limit}, and Lethe takes up to 40 with it: run \`alter role "${login.name}" connection limit 40\` (or -1 for none)`,
      });
    }
    const login = await withLogin("connection limit 40");
    await expect(requireDatabase(login.urlOf(database.url))).resolves.toBeUndefined();
  });

  it("that takes few connections itself", async () => {
    const small = await withDatabase("connection limit 10");
    const login = await withLogin();
    await expect(requireDatabase(login.urlOf(small.url))).rejects.toMatchObject({
      code: "database_connections",
      message: expect.stringContaining(`alter database "${nameOf(small)}" connection limit 40`),
    });
  });

  it("where foreign keys are not checked and the login may not change that", async () => {
    const login = await withLogin();
    await run(database.url, `alter role ${login.name} set session_replication_role = replica`);
    await expect(requireDatabase(login.urlOf(database.url))).rejects.toMatchObject({
      code: "database_replication_role",
      message: expect.stringContaining(`alter role "${login.name}" reset session_replication_role`),
    });
  });

  it("where the login may not create what is to be created", async () => {
    const login = await withLogin();
    const empty = await withDatabase();
    await expect(migrate(login.urlOf(empty.url), DECLARATION)).rejects.toMatchObject({
      code: "database_rights",
      message: expect.stringContaining(`grant create on database ${nameOf(empty)} to ${login.name}`),
    });
    await run(empty.url, `grant create on database ${nameOf(empty)} to ${login.name}`);
    await expect(migrate(login.urlOf(empty.url), DECLARATION)).rejects.toMatchObject({
      code: "database_rights",
      message: expect.stringContaining(`grant usage, create on schema public to ${login.name}`),
    });
    await run(empty.url, "drop schema public");
    await expect(migrate(login.urlOf(empty.url), DECLARATION)).rejects.toThrow("`create schema public` makes it");
    await run(empty.url, `drop owned by ${login.name}`);
  });

  it("where a service lacks rights to tables, or policies hide their rows", async () => {
    const login = await withLogin();
    await run(database.url, `grant select on public.lethe_migrations, ledger.applied_definitions to ${login.name}`);
    onTestFinished(() => run(database.url, `drop owned by ${login.name}`));
    const url = login.urlOf(database.url);
    // Of a name that no role of the server has.
    const opening = openServicePool(url, 1, "absent" as "loader", () => undefined, {
      ...DECLARATION,
      tables: DECLARATION.tables.map((table) => ({
        ...table,
        rights: { ...table.rights, absent: "select, update (id)" },
      })),
    });
    await expect(opening).rejects.toMatchObject({
      code: "database_rights",
      message: expect.stringContaining("select on warehouse.customers, update on warehouse.customers (id)"),
    });
    await run(database.url, "alter table warehouse.products enable row level security");
    await expect(openServicePool(database.url, 1, "loader", () => undefined, DECLARATION)).rejects.toMatchObject({
      code: "database_row_security",
      message: expect.stringContaining("row security is enabled on warehouse.products"),
    });
    await run(database.url, "alter table warehouse.products disable row level security");
  });
});

describe("a server that lets nobody in is named by a sentence without a secret", () => {
  it.each<[string, (url: URL) => void, string, number, string]>([
    [
      "a wrong password",
      (url) => {
        url.password = "not-the-password";
      },
      "does not accept the password of lethe",
      2,
      "database_login",
    ],
    [
      "no password",
      (url) => {
        url.password = "";
      },
      "DATABASE_URL has none",
      2,
      "database_login",
    ],
    [
      "a role that is not there",
      (url) => {
        url.username = "nobody-knows";
      },
      "nobody-knows",
      2,
      "database_login",
    ],
    [
      "a database that is not there",
      (url) => {
        url.pathname = "/nowhere";
      },
      "has no database nowhere",
      2,
      "database_missing",
    ],
    [
      "TLS that the server has not",
      (url) => {
        url.searchParams.set("sslmode", "verify-full");
      },
      "takes no TLS connections",
      2,
      "database_tls",
    ],
    [
      "a closed port",
      (url) => {
        url.port = "1";
      },
      "nothing listens there",
      3,
      "transient",
    ],
    [
      "a host that is not there",
      (url) => {
        url.hostname = "nowhere.invalid";
      },
      "no machine has that name|could not be looked up",
      3,
      "transient",
    ],
  ])("%s", async (_what, change, sentence, exitCode, errorCode) => {
    const url = changed(database.url, change);
    const secret = new URL(url).password;
    const { code, err } = await runLethe(["status"], { ...world.environment, DATABASE_URL: url });
    expect(err).toMatch(new RegExp(`^lethe: [^\n]*(${sentence})[^\n]*\n$`));
    expect(code).toBe(exitCode);
    const started = world.start("transformer", { DATABASE_URL: url });
    await expect(started).rejects.toThrow(new RegExp(sentence));
    await expect(started).rejects.toThrow(`(${errorCode})`);
    const message = await started.catch((error: unknown) => String(error));
    for (const text of [err, String(message)]) {
      expect(text).not.toMatch(/\n\s+at /);
      if (secret !== "") expect(text).not.toContain(secret);
    }
  });

  it("a text that is no URL", async () => {
    for (const url of ["mysql://lethe:a-secret@127.0.0.1/lethe", "postgres://lethe:a/secret#1@127.0.0.1/lethe"]) {
      const { code, err } = await runLethe(["status"], { ...world.environment, DATABASE_URL: url });
      expect(code).toBe(2);
      expect(err).toMatch(/^lethe: [^\n]*DATABASE_URL[^\n]*\n$/);
      expect(err).not.toContain("secret");
    }
  });
});
