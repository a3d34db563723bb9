import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@lethe/lineage/openlineage/run-event";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appendEvent } from "./append-event.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-events-"));
  path = join(folder, "events.ndjson");
});
afterEach(() => rm(folder, { recursive: true }));

/** As far as the file looks into an event. */
function event(runId: string, eventType: RunEvent["eventType"] = "START"): RunEvent {
  return { eventType, run: { runId } } as unknown as RunEvent;
}

const append = (of: RunEvent, partBytes?: number) => appendEvent(path, 0o600, of, partBytes);
const confirmed = { outcome: "confirmed" };

async function runsIn(file = path): Promise<string[]> {
  const text = await readFile(file, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const { eventType, run } = JSON.parse(line) as RunEvent;
      return `${run.runId} ${eventType}`;
    });
}

it("appends a line for each event, for its owner alone", async () => {
  expect(await append(event("a"))).toEqual(confirmed);
  expect(await append(event("a", "COMPLETE"))).toEqual(confirmed);
  expect(await append(event("b"))).toEqual(confirmed);
  expect(await runsIn()).toEqual(["a START", "a COMPLETE", "b START"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it("writes an event once that a crash made it forget, and cuts off half a line", async () => {
  await append(event("a"));
  expect(await append(event("a"))).toEqual(confirmed);
  await appendFile(path, '{"eventType":"START","run":{"runI');
  await append(event("a"));
  expect(await runsIn()).toEqual(["a START"]);
  await truncate(path, 10);
  await append(event("a"));
  expect(await runsIn()).toEqual(["a START"]);
});

it.each(["", "\n", "\n\n", "null\n", "no JSON\n", "[]\n", '{"run":null}\n', "\u0000\n"])(
  "goes on behind %j",
  async (content) => {
    await writeFile(path, content);
    expect(await append(event("a"))).toEqual(confirmed);
    expect(await readFile(path, "utf8")).toBe(`${content}{"eventType":"START","run":{"runId":"a"}}\n`);
  },
);

it("rotates before a part grows beyond its size, and writes nothing twice across parts", async () => {
  const one = Buffer.byteLength(`${JSON.stringify(event("00"))}\n`);
  for (let i = 10; i < 30; i += 1) {
    await append(event(String(i)), 2 * one);
    await append(event(String(i)), 2 * one);
  }
  expect((await readdir(folder)).sort()).toEqual([
    "events.ndjson",
    ...[1, 2, 3, 4, 5].map((part) => `events.ndjson.${part}`),
  ]);
  expect(await runsIn()).toEqual(["28 START", "29 START"]);
  expect(await runsIn(`${path}.5`)).toEqual(["18 START", "19 START"]);
  await rm(path);
  await append(event("29"), 2 * one);
  expect(await runsIn(`${path}.1`)).toEqual(["26 START", "27 START"]);
});

it("follows the link of whoever set it, and starts anew where somebody has moved the file away", async () => {
  const elsewhere = join(folder, "elsewhere");
  await writeFile(elsewhere, "");
  await symlink(elsewhere, path);
  await append(event("a"));
  expect(await runsIn(elsewhere)).toEqual(["a START"]);
  await rm(path);
  expect(await append(event("b"))).toEqual(confirmed);
  expect(await runsIn()).toEqual(["b START"]);
});

it("says why where nothing can be written, and never throws", async () => {
  expect(await appendEvent(join(folder, "none", "events"), 0o600, event("a"))).toEqual({
    outcome: "failed",
    failure: "ENOENT",
  });
  await mkdir(path);
  expect(await append(event("a"))).toEqual({ outcome: "failed", failure: "EISDIR" });
  expect(await appendEvent("/dev/full", 0o600, event("a"))).toMatchObject({ outcome: "failed" });
});
