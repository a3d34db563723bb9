import { describe, expect, it } from "vitest";
import type { Failure, FailureCause, Poison } from "./poison.js";
import { transformAroundPoison, type Work } from "./transform-around-poison.js";

const LINES = 1_000;
const LIMITS = { batchSeconds: 60, recordSeconds: 5, poison: 10 };

/** Work that fails at the given records unless they are rejected, and at `unsearchable` ones even then. */
function createWork(causes: ReadonlyMap<number, FailureCause>, unsearchable: readonly number[] = []) {
  const asked: Parameters<Work>[0][] = [];
  const work: Work = async (task) => {
    asked.push(task);
    const { first, end } = task.probe ?? { first: 0, end: LINES };
    for (const [at, cause] of causes) {
      if (at < first || at >= end) continue;
      const told = task.poison.find(({ ordinal }) => ordinal === at);
      if (told === undefined || (told.searchable && unsearchable.includes(at))) return { cause, at, where: null };
    }
    return { accepted: LINES - task.poison.length, rejected: task.poison.length };
  };
  return { work, asked };
}

async function transform(work: Work) {
  const told: [number, FailureCause][] = [];
  const onPoison = (ordinal: number, { cause }: Failure) => told.push([ordinal, cause]);
  return { counts: await transformAroundPoison(work, LIMITS, async () => LINES, onPoison), told };
}

describe("transformAroundPoison", () => {
  it("works once on a batch without poison", async () => {
    const { work, asked } = createWork(new Map());
    expect(await transform(work)).toEqual({ counts: { accepted: LINES, rejected: 0 }, told: [] });
    expect(asked).toEqual([{ poison: [], probe: null, seconds: 60 }]);
  });

  it("rejects the poison, says why, and takes everything else", async () => {
    const causes = new Map<number, FailureCause>([
      [0, "memory"],
      [500, "time"],
      [501, "stack"],
      [999, "unexpected"],
    ]);
    const { work, asked } = createWork(causes);
    expect(await transform(work)).toEqual({ counts: { accepted: LINES - 4, rejected: 4 }, told: [...causes] });
    const problem = (what: string) => `the record could not be worked on: ${what}`;
    expect(asked.at(-1)).toEqual({
      poison: [
        { ordinal: 0, problem: problem("out of memory"), searchable: true },
        { ordinal: 500, problem: problem("took longer than 5 s"), searchable: true },
        { ordinal: 501, problem: problem("nested too deep for the stack"), searchable: true },
        { ordinal: 999, problem: problem("failed unexpectedly"), searchable: true },
      ] satisfies Poison[],
      probe: null,
      seconds: 60,
    });
  });

  it("does not search the words of a record that not even that can be done with", async () => {
    const causes = new Map<number, FailureCause>([
      [3, "time"],
      [4, "time"],
    ]);
    const { work, asked } = createWork(causes, [4]);
    expect((await transform(work)).counts.rejected).toBe(2);
    expect(asked.at(-1)?.poison.map(({ ordinal, searchable }) => [ordinal, searchable])).toEqual([
      [3, true],
      [4, false],
    ]);
  });

  it("gives a probe its share of the batch's time, and no less than a record's", async () => {
    const { work, asked } = createWork(new Map([[499, "time"]]));
    await transform(work);
    const probes = asked.flatMap(({ probe, seconds }) => (probe === null ? [] : [[probe.first, probe.end, seconds]]));
    expect(probes).toEqual([
      [499, 500, 5],
      [500, 1_000, 30],
      [499, 500, 5],
    ]);
  });

  it("throws an error that is worth another try when the batch fails by none of its records", async () => {
    const work: Work = async ({ probe }) =>
      probe === null ? { cause: "memory", at: null, where: null } : { accepted: 1, rejected: 0 };
    await expect(transform(work)).rejects.toMatchObject({ code: "transient", retryable: true });
  });

  it("passes on what is thrown: no record is to blame for that", async () => {
    const error = new Error("aborted");
    await expect(transform(() => Promise.reject(error))).rejects.toBe(error);
  });
});
