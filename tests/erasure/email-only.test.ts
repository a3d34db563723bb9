import { findPeople } from "@lethe/test-kit/everything";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPeople } from "@lethe/test-kit/marked-people";
import { withoutNumbers } from "@lethe/test-kit/numbered";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// A record that has no id names its person by the email alone, and lies in a file that no other record of theirs came from.

const PEOPLE = markedPeople(2);
const [erased, stays] = PEOPLE;
let world: World;

beforeAll(async () => {
  if (erased === undefined || stays === undefined) throw new Error("there are two people");
  world = await openWorld({ settings: { LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [erased.customer(), stays.customer()]);
  await landRecords(world, "date=2022-03-01/hour=01/customers.json", [
    erased.customer({ id: undefined }),
    stays.customer({ id: undefined }),
  ]);
  await succeed(world, "customers");
  await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [erased.request]);
  await succeed(world, "erasure-requests");
  await settle(world);
});
afterAll(() => world.close());

it("leads to the file that it came from, and nothing of the person is left in it", async () => {
  const recognise = createRecogniser(PEOPLE);
  expect(await findPeople(world, recognise, (n) => n === erased?.n)).toEqual([]);
  const places = await findPeople(world, recognise, (n) => n === stays?.n);
  expect(withoutNumbers(places)).toContain(
    `person ${stays?.n} in file archived_data/date=2022-03-01/hour=01/customers.json`,
  );
});

it("has the file in the receipt", async () => {
  const { rows } = await world.pool.query<{ name: string }>(
    "select place ->> 'name' as name from privacy.proof_log, jsonb_array_elements(body -> 'places') as place where kind = 'receipt'",
  );
  expect(withoutNumbers(rows.map(({ name }) => name))).toContain("date=2022-03-01/hour=01/customers.json");
});
