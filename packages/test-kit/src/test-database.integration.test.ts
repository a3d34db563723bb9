import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { cloneDatabase, createTemplateDatabase, dropTemplateDatabase, type TemplateDatabase } from "./test-database.js";

let template: TemplateDatabase;
let migrations = 0;

beforeAll(async () => {
  template = await createTemplateDatabase(inject("databaseUrl"), async (url) => {
    migrations += 1;
    await run(url, "create table word (text text)");
  });
});

afterAll(() => dropTemplateDatabase(template));

test("each copy has the template's tables, its own rows, and cost no migration", async () => {
  const [one, two] = await Promise.all([cloneDatabase(template), cloneDatabase(template)]);
  try {
    await run(one.url, "insert into word values ('lethe')");
    expect(await run(one.url, "select text from word")).toEqual([{ text: "lethe" }]);
    expect(await run(two.url, "select text from word")).toEqual([]);
    expect(migrations).toBe(1);
  } finally {
    await Promise.all([one.drop(), two.drop()]);
  }
});

test("a dropped copy is gone, with the connections that were left open", async () => {
  const copy = await cloneDatabase(template);
  const left = new pg.Client({ connectionString: copy.url });
  const cutOff = new Promise((resolve) => left.on("error", () => {}).once("end", resolve));
  await left.connect();
  await copy.drop();
  await cutOff;
  await expect(run(copy.url, "select 1")).rejects.toThrow("does not exist");
});

test("a migration that fails leaves no database behind", async () => {
  let name = "";
  const failing = createTemplateDatabase(inject("databaseUrl"), async (url) => {
    name = new URL(url).pathname.slice(1);
    throw new Error("a broken migration");
  });
  await expect(failing).rejects.toThrow("a broken migration");
  const left = await run(inject("databaseUrl"), `select from pg_database where datname = '${name}'`);
  expect(left).toEqual([]);
});

async function run(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
