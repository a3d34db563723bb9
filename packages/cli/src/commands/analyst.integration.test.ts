import { randomBytes } from "node:crypto";
import { access, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

let world: CliWorld;
let name: string;
beforeAll(async () => {
  world = await createCliWorld();
  // Logins belong to the server, which other tests use, too.
  name = `ana_${randomBytes(6).toString("hex")}`;
});
afterEach(async () => {
  await world.pool.query(`drop role if exists ${name}`);
});
afterAll(() => world.end());

async function connect(password: string): Promise<Pool> {
  const url = new URL(world.environment.DATABASE_URL ?? "");
  url.username = name;
  url.password = password;
  const pool = createPool(url.href, 1, "lethe-tests");
  onTestFinished(() => pool.end());
  await pool.query("select");
  return pool;
}

async function relationsOf(...schemas: string[]): Promise<string[]> {
  const { rows } = await world.pool.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm')`,
    [schemas],
  );
  return rows.map((row) => row.name);
}

describe("lethe analyst create", () => {
  it("creates a login that reads every analytics view, and nothing of warehouse, ledger and privacy", async () => {
    const { code, out, err } = await world.lethe(["analyst", "create", name]);
    expect(code, err.join("\n")).toBe(0);
    expect(out).toEqual([expect.stringMatching(/^[\w-]{32}$/)]);
    expect(err.join("\n")).toMatch(new RegExp(`psql -h \\S+ -p \\d+ -U ${name} `));
    const analyst = await connect(out[0] ?? "");

    const views = await relationsOf("analytics");
    expect(views).toHaveLength(4);
    for (const view of views) expect((await analyst.query(`select count(*) from ${view}`)).rows).toHaveLength(1);
    // Lethe's own pools choose their schema themselves; whoever connects with psql finds the views without naming it.
    const settings = await world.pool.query<{ setconfig: string[] }>(
      "select setconfig from pg_db_role_setting where setrole = to_regrole($1)",
      [name],
    );
    expect(settings.rows[0]?.setconfig).toEqual(["search_path=analytics", "default_transaction_read_only=on"]);

    const hidden = await relationsOf("warehouse", "ledger", "privacy");
    expect(hidden.length).toBeGreaterThan(30);
    for (const relation of hidden) {
      await expect(analyst.query(`select from ${relation}`), relation).rejects.toMatchObject({ code: "42501" });
    }
    await expect(analyst.query("create table analytics.mine ()")).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|25006)$/),
    });
    const rights = await analyst.query<{ readable: string }>(
      `select format('%I.%I', n.nspname, c.relname) as readable from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname not in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'p', 'v', 'm')
         and has_table_privilege(c.oid, 'select, insert, update, delete, truncate')`,
    );
    expect(rights.rows.map(({ readable }) => readable).sort()).toEqual(views.sort());
  });

  it("writes the password to a new file for its owner alone, and then prints none", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "lethe-analyst-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = path.join(folder, "password");
    const { code, out, err } = await world.lethe(["analyst", "create", name, "--password-file", file]);
    expect(code).toBe(0);
    const password = (await readFile(file, "utf8")).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect([...out, ...err].join("\n")).not.toContain(password);
    await connect(password);

    const again = await world.lethe(["analyst", "create", name, "--password-file", path.join(folder, "other")]);
    expect(again).toMatchObject({ code: 2, err: [expect.stringContaining(`a login or role "${name}" already`)] });
    await expect(access(path.join(folder, "other"))).rejects.toThrow("ENOENT");
    expect(await world.lethe(["analyst", "create", "nobody", "--password-file", file])).toMatchObject({
      code: 2,
      err: [expect.stringContaining("is there already")],
    });
  });

  it("keeps the password out of every statement", async () => {
    await world.pool.query("create extension if not exists pg_stat_statements").catch(() => undefined);
    const { out } = await world.lethe(["analyst", "create", name]);
    const { rows } = await world.pool.query<{ rolpassword: string }>(
      "select rolpassword from pg_authid where rolname = $1",
      [name],
    );
    expect(rows[0]?.rolpassword).toMatch(/^SCRAM-SHA-256\$/);
    expect(rows[0]?.rolpassword).not.toContain(out[0]);
  });

  it.each([
    ["Ana", "cannot be a login's name"],
    ["1st", "cannot be a login's name"],
    ["lethe_analyst", "a name of Lethe's"],
    ["pg_monitor", "a name of Lethe's or PostgreSQL's"],
    [`a${"b".repeat(63)}`, "at most 63"],
  ])("refuses the name %s", async (wrong, why) => {
    const { code, out, err } = await world.lethe(["analyst", "create", wrong]);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.join("\n")).toContain(why);
  });
});

describe("lethe analyst list and drop", () => {
  it("lists a login with its connections, drops it with them, and says which there are for another name", async () => {
    const { out } = await world.lethe(["analyst", "create", name, "--json"]);
    const created = JSON.parse(out[0] ?? "") as { name: string; password: string };
    expect(created.name).toBe(name);
    const analyst = await connect(created.password);
    const listed = await world.lethe(["analyst", "list", "--json"]);
    expect(listed.out.map((line) => JSON.parse(line) as unknown)).toContainEqual({ name, connections: 1 });
    expect((await world.lethe(["analyst", "list"])).out.join("\n")).toMatch(new RegExp(`${name} +1`));

    const wrong = await world.lethe(["analyst", "drop", "nobody"]);
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err.join("\n")).toContain(`there is no analyst's login "nobody"`);
    expect(wrong.err.join("\n")).toContain(name);

    expect(await world.lethe(["analyst", "drop", name])).toMatchObject({ code: 0 });
    await expect(analyst.query("select from analytics.customers")).rejects.toThrow();
    await expect(connect(created.password)).rejects.toThrow();
    expect((await world.lethe(["analyst", "list", "--json"])).out.join()).not.toContain(name);
  });

  it("drops no login that is not an analyst's", async () => {
    await world.pool.query(`create role ${name} login`);
    expect(await world.lethe(["analyst", "drop", name])).toMatchObject({ code: 2 });
    const { rows } = await world.pool.query("select from pg_roles where rolname = $1", [name]);
    expect(rows).toHaveLength(1);
  });
});
