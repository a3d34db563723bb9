import { expect, test } from "vitest";
import { scaleOutModel } from "./scale-out-model.mjs";

const costs = { extractor: 3, transformer: 9, loader: 3, postgres: 12, redis: 0.2, scheduler: 0.8 };

test("one machine shares its cores among all stages", () => {
  expect(scaleOutModel(costs, 1, 2)).toEqual({ throughput: 300_000 / 14, limit: "the machine's cores" });
});

test("two machines are limited by the one core that is left for transformers and loaders", () => {
  expect(scaleOutModel(costs, 2, 2)).toEqual({ throughput: 25_000, limit: "transformers and loaders" });
});

test("more machines than the database can serve help no more", () => {
  const many = scaleOutModel(costs, 16, 2);
  expect(many).toEqual({ throughput: 50_000, limit: "PostgreSQL's cores" });
  expect(scaleOutModel(costs, 64, 2)).toEqual(many);
});

test("behind a large database one extractor is the limit of a run", () => {
  expect(scaleOutModel(costs, 64, 2, 32)).toEqual({ throughput: 100_000, limit: "the extractor, one for a run" });
});

test("Redis that was too little to be measured is no limit", () => {
  expect(scaleOutModel({ ...costs, redis: 0 }, 64, 2).limit).toBe("PostgreSQL's cores");
});
