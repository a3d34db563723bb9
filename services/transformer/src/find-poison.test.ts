import fc from "fast-check";
import { expect, it } from "vitest";
import { type FoundPoison, findPoison } from "./find-poison.js";
import type { Failure, OrdinalRange } from "./poison.js";

const STACK: Failure = { cause: "stack", at: null, where: null };

/** A batch and the ordinals of its poisonous records. */
const anyBatch = fc.integer({ min: 1, max: 20_000 }).chain((lines) =>
  fc.record({
    lines: fc.constant(lines),
    poison: fc.uniqueArray(fc.nat(lines - 1), { minLength: 1, maxLength: 12 }),
  }),
);

/** Looks for poison in a batch, `fails` saying of a range how it fails; returns what was found and the number of probes. */
async function find(lines: number, fails: (range: OrdinalRange) => Failure | undefined, atMost = lines) {
  let probes = 0;
  const whole = { first: 0, end: lines };
  const probe = async (range: OrdinalRange) => {
    probes += 1;
    return fails(range);
  };
  const found: FoundPoison[] = await findPoison(whole, fails(whole) ?? STACK, probe, atMost);
  return { ordinals: found.map(({ ordinal }) => ordinal), found, probes };
}

function firstWithin(poison: readonly number[], { first, end }: OrdinalRange): number | undefined {
  return poison.filter((ordinal) => ordinal >= first && ordinal < end).sort((a, b) => a - b)[0];
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

it("finds exactly the poisonous records, in O(k log n) probes, when failures do not tell their record", async () => {
  await fc.assert(
    fc.asyncProperty(anyBatch, async ({ lines, poison }) => {
      const fails = (range: OrdinalRange) => (firstWithin(poison, range) === undefined ? undefined : STACK);
      const { ordinals, probes } = await find(lines, fails);
      expect(ordinals).toEqual(sorted(poison));
      expect(probes).toBeLessThanOrEqual(2 * poison.length * Math.ceil(Math.log2(lines)));
    }),
  );
});

it("finds them in two probes each when failures tell their record", async () => {
  await fc.assert(
    fc.asyncProperty(anyBatch, async ({ lines, poison }) => {
      const fails = (range: OrdinalRange) => {
        const at = firstWithin(poison, range);
        return at === undefined ? undefined : { ...STACK, at };
      };
      const { ordinals, probes } = await find(lines, fails);
      expect(ordinals).toEqual(sorted(poison));
      expect(probes).toBeLessThanOrEqual(2 * poison.length);
    }),
  );
});

it("finds them whatever record a failure points at, innocent ones among them", async () => {
  await fc.assert(
    fc.asyncProperty(anyBatch, fc.infiniteStream(fc.option(fc.nat(20_000))), async ({ lines, poison }, pointers) => {
      const fails = (range: OrdinalRange) => {
        const first = firstWithin(poison, range);
        const { value } = pointers.next();
        // What stands before the record that a thread failed at, it has worked on.
        const at = value === null || first === undefined ? null : Math.min(value as number, first);
        return first === undefined ? undefined : { ...STACK, at };
      };
      expect((await find(lines, fails)).ordinals).toEqual(sorted(poison));
    }),
  );
});

it("blames nobody when only many records together are too much", async () => {
  const { ordinals, probes } = await find(1_000, ({ first, end }) =>
    end - first > 300 ? { cause: "memory", at: first + 300, where: null } : undefined,
  );
  expect(ordinals).toEqual([]);
  expect(probes).toBeLessThan(20);
});

it("tells how each record alone failed, not how the batch did", async () => {
  const causes = new Map<number, Failure>([
    [3, { cause: "time", at: 3, where: null }],
    [7, { cause: "unexpected", at: 7, where: "at work" }],
  ]);
  const fails = ({ first, end }: OrdinalRange) => [...causes].find(([n]) => n >= first && n < end)?.[1];
  const { found } = await find(9, fails);
  expect(found).toEqual([...causes].map(([ordinal, failure]) => ({ ordinal, failure })));
});

it("gives up past the limit", async () => {
  const poison = [1, 5, 9];
  const fails = (range: OrdinalRange) => (firstWithin(poison, range) === undefined ? undefined : STACK);
  expect((await find(10, fails, 3)).ordinals).toEqual(poison);
  await expect(find(10, fails, 2)).rejects.toMatchObject({ code: "batch_poisoned", retryable: false });
});
