import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { findPeople } from "@lethe/test-kit/everything";
import { pathsBelow } from "@lethe/test-kit/folders";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, type MarkedPerson, markedPerson } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const [gone, poisoned, third, fourth] = [1, 2, 3, 4].map(markedPerson) as [
  MarkedPerson,
  MarkedPerson,
  MarkedPerson,
  MarkedPerson,
];
if (gone === undefined || poisoned === undefined || third === undefined || fourth === undefined)
  throw new Error("nobody");
const stays = markedPerson(900);
const recognise = createRecogniser([gone, poisoned, third, fourth, stays]);
const DAY = "date=2022-03-01";

let world: World;

describe.each([
  ["everything", {}],
  ["own files", { LETHE_FULL_SEARCH_BYTES: "0" }],
] as const)("a search of %s", (scope, settings) => {
  beforeAll(async () => {
    world = await openWorld({ settings });
    await landRecords(world, `${DAY}/hour=00/products.json`, [product()]);
    await landRecords(world, `${DAY}/hour=00/customers.json`, [
      gone.customer(),
      third.customer(),
      fourth.customer(),
      stays.customer(),
    ]);
    await landRecords(world, `${DAY}/hour=00/transactions.json`, [
      gone.transaction(1),
      stays.transaction(1, {
        gift_note: `for ${gone.id}`,
        x: { [gone.email]: [{ to: encodeURIComponent(gone.email) }] },
      }),
    ]);
    const { first_name: first, last_name: last } = gone.customer();
    await landText(`${DAY}/hour=01/customers.json`, [
      JSON.stringify(stays.customer({ address: `c/o ${quotedPrintable(gone.email)}` })),
      `{"id": 7, "email": "${unicodeEscapes(gone.email)}", "x":`,
      `{"customer_id": "${gone.id.slice(1)}", "x":`,
      `{"first_name": "${first}", "last_name": "${last}", "email":`,
      `{"id": 7, "mail": "${entities(gone.email.normalize("NFD"))}`,
    ]);
    // A file that holds nothing but a record without an id, and one that is called by the person's id.
    await landRecords(world, `${DAY}/hour=02/customers.json`, [{ ...gone.customer(), id: null }]);
    await landRecords(world, `${DAY}/hour=03/customers.${gone.id}.json`, [
      stays.customer({ last_change: "2021-01-01" }),
    ]);
    await landBytes(`${DAY}/hour=04/customers.json.gz`, torn());
    await landRecords(world, `${DAY}/hour=05/customers.json`, [poisoned.customer()]);
    await succeed(world, "products", "customers", "transactions");
    await settle(world);
  });
  afterAll(() => world.close());

  const placesOf = (n: number) => findPeople(world, recognise, (found) => found === n);

  it("finds a person in whatever form they stand, in tables, files and names of files", async () => {
    expect((await placesOf(gone.n)).length).toBeGreaterThan(8);
    await erase(gone);
    expect(await placesOf(gone.n)).toEqual([]);
    // Nobody else is changed, but for the places that named the person.
    expect((await placesOf(stays.n)).join()).toMatch(/table warehouse.customers.*archived_data/);
    const { rows } = await world.pool.query<{ scan: unknown }>(
      "select body -> 'scan' as scan from privacy.proof_log where kind = 'receipt'",
    );
    expect(rows[0]?.scan).toMatchObject({ findings: 0, scope, notSearched: { files: 0, destroyed: 0 } });
  });

  it("keeps no file under a name from outside", async () => {
    const kept = [...(await pathsBelow(world.archived)), ...(await pathsBelow(world.quarantined))];
    for (const path of kept.filter((each) => each.includes(".")))
      expect(path).toMatch(/\/[a-z-]+\.\d+\.(json|ndjson)(\.gz)?$/);
    const { rows } = await world.pool.query<{ path: string }>("select path from ledger.files");
    expect(rows.map(({ path }) => path).join()).not.toContain(gone.id);
  });

  it("takes a torn file that comes again in another hour for the one that it has", async () => {
    await landBytes(`${DAY}/hour=06/customers.json.gz`, torn());
    await succeed(world, "customers");
    await settle(world);
    expect(await placesOf(gone.n)).toEqual([]);
    const { rows } = await world.pool.query("select path from ledger.notices where code = 'file_quarantined_before'");
    expect(rows).toEqual([{ path: `${DAY}/hour=06/customers.json.gz` }]);
    expect((await world.lethe("erasure", "verify")).code).toBe(0);
  });

  it("lets a person's identifiers come back in no form, in nobody's record", async () => {
    await landText(`${DAY}/hour=07/customers.json`, [
      `{"id": 7, "email": "${entities(gone.email)}", "x":`,
      `{"id": "${gone.id.slice(1)}", "x":`,
      JSON.stringify(stays.customer({ last_change: "2021-02-02", address: `c/o ${gone.email.toUpperCase()}` })),
      JSON.stringify(stays.customer({ last_change: "2021-02-03", note: encodeURIComponent(gone.email) })),
    ]);
    await landRecords(world, `${DAY}/hour=07/transactions.json`, [stays.transaction(7, { gift: { to: gone.email } })]);
    await succeed(world, "customers", "transactions");
    await settle(world);
    expect(await placesOf(gone.n)).toEqual([]);
  });

  it("lets no one wait for an erasure that fails, tells of it, and completes it once it can", async () => {
    const [kept = ""] = (await pathsBelow(join(world.archived, DAY, "hour=05"))).filter((path) =>
      path.endsWith(".json"),
    );
    const file = join(world.archived, DAY, "hour=05", kept);
    await rename(file, `${file}.aside`);
    await symlink(`${file}.aside`, file);
    await erase(poisoned, third);
    expect(await placesOf(third.n)).toEqual([]);
    const { rows } = await world.pool.query<{ id: string }>(
      "select id from warehouse.erasure_requests where state <> 'completed'",
    );
    expect(rows).toHaveLength(1);
    const list = await world.lethe("erasure", "list", "--state", "suppressed", "--json");
    expect(JSON.parse(list.out)).toMatchObject({
      id: rows[0]?.id,
      failure: { attempts: 1, errorCode: "path_refused", place: "archived_data", name: `${DAY}/hour=05/${kept}` },
    });
    await rm(file);
    await rename(`${file}.aside`, file);
    await world.pool.query("update privacy.erasure_attempts set next_at = clock_timestamp()");
    await erase(fourth);
    expect(await placesOf(poisoned.n)).toEqual([]);
    expect((await world.lethe("erasure", "list", "--state", "suppressed")).out).toContain("no such erasure");
  });
});

describe("a file that Lethe keeps and that is not there", () => {
  beforeAll(async () => {
    world = await openWorld();
    await landRecords(world, `${DAY}/hour=00/customers.json`, [gone.customer(), stays.customer()]);
    await succeed(world, "customers");
  });
  afterAll(() => world.close());

  it("is counted on the receipt and by the verification, and whoever brings it back is told who is in it", async () => {
    const processed = join(world.processed, DAY);
    const aside = join(world.data, "aside");
    await rename(processed, aside);
    await erase(gone);
    const { rows } = await world.pool.query<{ missing: number }>(
      "select body -> 'scan' -> 'notSearched' -> 'missing' as missing from privacy.proof_log where kind = 'receipt'",
    );
    expect(rows).toEqual([{ missing: 1 }]);
    const absent = await world.lethe("erasure", "verify");
    expect(absent).toMatchObject({ code: 0 });
    expect(absent.out).toContain("1 file not searched: Lethe keeps them, and they are not there");
    await rename(aside, processed);
    const back = await world.lethe("erasure", "verify");
    expect(back.code).not.toBe(0);
    expect(back.out).toContain(`${DAY}/hour=00/customers.json.gz`);
    expect(back.out).not.toContain("not searched");
  });
});

async function erase(...people: readonly MarkedPerson[]): Promise<void> {
  const hour = String(people[0]?.n).padStart(2, "0");
  await landRecords(
    world,
    `date=2022-03-02/hour=${hour}/erasure-requests.json`,
    people.map(({ request }) => request),
  );
  await succeed(world, "erasure-requests");
  await settle(world);
}

async function landText(path: string, lines: readonly string[]): Promise<void> {
  await landBytes(path, Buffer.from(lines.map((line) => `${line}\n`).join("")));
}

async function landBytes(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(join(world.landing, path, ".."), { recursive: true });
  await writeFile(join(world.landing, path), bytes);
}

/** A file that ends within its last bytes, and is the same whenever it is made. */
function torn(): Buffer {
  const lines = Array.from({ length: 50 }, (_, i) => JSON.stringify(i === 3 ? gone.customer() : stays.customer()));
  const packed = gzipSync(`${lines.join("\n")}\n`);
  return packed.subarray(0, packed.length - 6);
}

function quotedPrintable(text: string): string {
  return Array.from(Buffer.from(text), (byte) => `=${byte.toString(16).toUpperCase()}`).join("");
}

function unicodeEscapes(text: string): string {
  return Array.from(text, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`).join(
    "",
  );
}

function entities(text: string): string {
  return Array.from(text, (character) => `&#${character.codePointAt(0)};`).join("");
}
