import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVICE_NAMES, type ServiceName } from "@lethe/contracts/services";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onServer } from "./logins.js";

// A whole erasure, with all that it needs before: each service writes to the ledger or reads what only it may.
async function workOnce(world: World): Promise<void> {
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer(), customer({ id: "000002" })]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-03-01/hour=00/transactions.json", [
    transaction(1),
    transaction(2, { customer_id: "000009" }),
  ]);
  await landRecords(world, "date=2022-03-01/hour=01/erasure-requests.json", [
    { "customer-id": "000001", email: "aoife.000001@example.org" },
  ]);
  await succeed(world, "customers", "products", "transactions", "erasure-requests");
  await settle(world);
  expect(await countOf(world.pool, "select count(*) as n from privacy.proof_log where kind = 'receipt'")).toBe(1);
}

describe("with one DATABASE_URL for all", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ services: [] });
    // Notes under which role each service changes something; `role` is as the session set it, whoever owns the function.
    await world.pool.query(`
      create table public.writers (application text, role text, primary key (application, role));
      create function public.note_writer() returns trigger language plpgsql security definer as $$
      begin
        insert into public.writers values (current_setting('application_name'), current_setting('role'))
        on conflict do nothing;
        return null;
      end $$;
      create trigger note_writer after insert or update or delete on ledger.runs
        for each statement execute function public.note_writer();
      create trigger note_writer after insert or update or delete on ledger.batches
        for each statement execute function public.note_writer();
      create trigger note_writer after insert or update or delete on warehouse.customers
        for each statement execute function public.note_writer();
      create trigger note_writer after insert on privacy.proof_log
        for each statement execute function public.note_writer()`);
    await Promise.all(SERVICE_NAMES.map((name) => world.start(name)));
    await workOnce(world);
  });
  afterAll(() => world.close());

  it("every service writes under its own role and no other", async () => {
    const { rows } = await world.pool.query("select application, role from public.writers order by application");
    expect(rows).toEqual([
      { application: "lethe-extractor", role: "lethe_extractor" },
      { application: "lethe-loader", role: "lethe_loader" },
      { application: "lethe-scheduler", role: "lethe_scheduler" },
      { application: "lethe-transformer", role: "lethe_transformer" },
    ]);
  });
});

describe("with a login for each service", () => {
  let world: World;
  let folder: string;
  let printed: string;

  const loginUrl = (name: ServiceName) => {
    const url = new URL(world.environment.DATABASE_URL ?? "");
    url.username = `lethe_${name}_login`;
    url.password = passwordOf(name);
    return url.href;
  };

  beforeAll(async () => {
    world = await openWorld({ services: [] });
    folder = await mkdtemp(join(tmpdir(), "lethe-logins-"));
    await Promise.all(SERVICE_NAMES.map((name) => writeFile(join(folder, `${name}_db_password`), passwordOf(name))));
    const { code, out, err } = await world.lethe("migrate", "--logins", folder);
    expect(code, err).toBe(0);
    printed = out;
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true });
    for (const name of SERVICE_NAMES) await onServer(`drop role if exists lethe_${name}_login`);
  });

  it("they are made by `lethe migrate --logins`, which names them and never a password", async () => {
    for (const name of SERVICE_NAMES) {
      expect(printed).toContain(`login lethe_${name}_login`);
      expect(printed).not.toContain(passwordOf(name));
    }
    expect((await world.lethe("migrate", "--logins", folder)).code).toBe(0);
  });

  it("they are no administrators, and have no other way into the database", async () => {
    const { rows } = await world.pool.query(
      `select from pg_roles r
       where rolname like 'lethe\\_%\\_login'
         and (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls
              or (select count(*) from pg_auth_members where member = r.oid) <> 1)`,
    );
    expect(rows).toEqual([]);
    expect(
      await countOf(world.pool, "select has_database_privilege('public', current_database(), 'CONNECT')::integer as n"),
    ).toBe(0);
  });

  it("all of Lethe works under them", async () => {
    const maintains = await countOf(
      world.pool,
      "select (current_setting('server_version_num')::integer >= 170000)::integer as n",
    );
    // Before PostgreSQL 17 nobody but the owner can vacuum: the loader says so, and takes the owner's login.
    if (maintains === 0) {
      await expect(world.start("loader", { DATABASE_URL: loginUrl("loader") })).rejects.toThrow("must be their owner");
    }
    const settingsOf = (name: ServiceName) =>
      name === "loader" && maintains === 0 ? {} : { DATABASE_URL: loginUrl(name) };
    await Promise.all(SERVICE_NAMES.map((name) => world.start(name, settingsOf(name))));
    await workOnce(world);
    const { rows } = await world.pool.query<{ login: string; name: string }>(
      `select distinct usename as login, application_name as name from pg_stat_activity
       where datname = current_database() and application_name like 'lethe-%' and application_name <> 'lethe-tests'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { login, name } of rows) {
      if (name !== "lethe-loader" || maintains === 1) expect(login).toBe(`${name.replace("-", "_")}_login`);
    }
  }, 120_000);

  it("a service that finds the database behind says who has to do what, and does not start", async () => {
    await world.pool.query("update ledger.applied_definitions set rights_sha256 = ''");
    try {
      const starting = world.start("transformer", { DATABASE_URL: loginUrl("transformer") });
      await expect(starting).rejects.toThrow(/the database is behind \(rights\).*run `lethe migrate`/);
    } finally {
      await world.lethe("migrate");
    }
  });

  it("a new password replaces the old one", async () => {
    const other = await mkdtemp(join(tmpdir(), "lethe-logins-"));
    try {
      for (const file of await readdir(folder)) await writeFile(join(other, file), "another password of theirs");
      expect((await world.lethe("migrate", "--logins", other)).code).toBe(2);
      for (const file of await readdir(folder)) await writeFile(join(other, file), `another-${passwordOf("loader")}`);
      expect((await world.lethe("migrate", "--logins", other)).code).toBe(0);
      const { rows } = await world.pool.query<{ matches: boolean }>(
        `select rolpassword like 'SCRAM-SHA-256$%' as matches from pg_authid where rolname = 'lethe_loader_login'`,
      );
      expect(rows).toEqual([{ matches: true }]);
    } finally {
      await rm(other, { recursive: true });
    }
  });
});

function passwordOf(name: ServiceName): string {
  return `${name}-has-a-long-password`;
}
