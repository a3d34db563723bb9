import type { RunEvent } from "@lethe/contracts/run-events";
import type { RunDetail, RunState } from "@lethe/contracts/runs";
import { describe, expect, it } from "vitest";
import { runDetail } from "../../test/run-detail.js";
import { createRunWatch } from "./watch-runs.js";

/** A run whose looks are counted, and can be awaited. */
function watchedRun() {
  let state: RunState = "processing";
  let looks = 0;
  let loaded = 0;
  const waiting: (() => void)[] = [];
  const read = async (): Promise<RunDetail> => {
    looks += 1;
    for (const go of waiting.splice(0)) go();
    const durationsMs = { total: looks, extract: 0, transform: 0, load: 0, finish: 0 };
    const records = { in: loaded, loaded, rejected: 0, rejectedByReason: {} };
    return runDetail({ state, durationsMs, records });
  };
  return {
    read,
    looks: () => looks,
    nextLook: () => new Promise<void>((resolve) => waiting.push(resolve)),
    set: (change: { readonly state?: RunState; readonly loaded?: number }) => {
      state = change.state ?? state;
      loaded = change.loaded ?? loaded;
    },
  };
}

/** Listens until a condition holds of what came. */
function heard() {
  const events: RunEvent[] = [];
  let check = () => {};
  return {
    events,
    tell: (event: RunEvent) => {
      events.push(event);
      check();
    },
    until: (condition: (events: readonly RunEvent[]) => boolean) =>
      new Promise<void>((resolve) => {
        check = () => condition(events) && resolve();
        check();
      }),
  };
}

const LOOK_MS = 5;

describe("createRunWatch", () => {
  it("tells each listener at once, and of changes alone", async () => {
    const run = watchedRun();
    const { watch } = createRunWatch(run.read, LOOK_MS);
    const one = heard();
    const stop = watch("run", one.tell);
    await one.until((events) => events.length === 1);
    for (let i = 0; i < 5; i++) await run.nextLook();
    expect(one.events).toHaveLength(1);
    const other = heard();
    const stopOther = watch("run", other.tell);
    expect(other.events).toHaveLength(1);
    expect(other.events[0]?.durationsMs.total).toBeGreaterThan(1);
    run.set({ loaded: 3 });
    await other.until((events) => events.at(-1)?.records.loaded === 3);
    expect(one.events.at(-1)?.progress.rowsLoaded).toBe(3);
    stop();
    stopOther();
  });

  it("looks once for all who listen, and not at all for nobody", async () => {
    const run = watchedRun();
    const { watch } = createRunWatch(run.read, 1_000_000);
    const all = Array.from({ length: 50 }, heard);
    const stops = all.map(({ tell }) => watch("run", tell));
    await Promise.all(all.map(({ until }) => until((events) => events.length === 1)));
    expect(run.looks()).toBe(1);
    for (const stop of stops) stop();
    const again = heard();
    const stop = watch("run", again.tell);
    await again.until((events) => events.length === 1);
    expect(run.looks()).toBe(2);
    stop();
  });

  it("stops to look when the last one has gone", async () => {
    const run = watchedRun();
    const { watch } = createRunWatch(run.read, LOOK_MS);
    const one = heard();
    const stop = watch("run", one.tell);
    await one.until((events) => events.length === 1);
    await run.nextLook();
    stop();
    const before = run.looks();
    await new Promise((resolve) => setTimeout(resolve, 10 * LOOK_MS));
    expect(run.looks()).toBeLessThanOrEqual(before + 1);
  });

  it("does not look at a run that has ended, unless somebody begins to watch it then", async () => {
    const run = watchedRun();
    run.set({ state: "failed" });
    const { watch } = createRunWatch(run.read, LOOK_MS);
    const one = heard();
    const stop = watch("run", one.tell);
    await one.until((events) => events.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 10 * LOOK_MS));
    expect(run.looks()).toBe(1);
    run.set({ state: "queued" });
    const other = heard();
    const stopOther = watch("run", other.tell);
    await other.until((events) => events.at(-1)?.state === "queued");
    stop();
    stopOther();
  });

  it("goes on when a look fails", async () => {
    const run = watchedRun();
    let fails = true;
    const read = async () => {
      if (fails) throw new Error("the database is away");
      return run.read();
    };
    const { watch } = createRunWatch(read, LOOK_MS);
    const one = heard();
    const stop = watch("run", one.tell);
    setTimeout(() => {
      fails = false;
    }, 3 * LOOK_MS);
    await one.until((events) => events.length === 1);
    stop();
  });
});
