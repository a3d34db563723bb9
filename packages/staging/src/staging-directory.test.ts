import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StagedObjectError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { openStagingDirectory } from "./staging-directory.js";

const root = await mkdtemp(join(tmpdir(), "lethe-staging-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const staging = openStagingDirectory(root);
const RUN = "5f0c0d0e-6a54-4c0a-9a8e-0a5f6f0f3c11";
const BATCH = { runId: RUN, batchId: "8b4f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de" };

const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));

async function readStream(name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of staging.stream(BATCH, name)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("a staging directory", () => {
  it("gives back what was written, at once, as a stream or in part; a later write takes the place of an earlier one", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes, { maxLength: 5 }),
        fc.boolean(),
        fc.nat(60),
        fc.nat(60),
        async (content, asStream, offset, length) => {
          const source = (async function* () {
            yield* content;
          })();
          const whole = Buffer.concat(content);
          expect(await staging.write(BATCH, "object", asStream ? source : content)).toBe(whole.length);
          expect(await staging.read(BATCH, "object")).toEqual(whole);
          expect(await readStream("object")).toEqual(whole);
          const part = staging.readRange(BATCH, "object", offset, length);
          if (offset + length <= whole.length) expect(await part).toEqual(whole.subarray(offset, offset + length));
          else if (length > 0) await expect(part).rejects.toThrow(StagedObjectError);
          else expect(await part).toHaveLength(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("shows a reader the old object until the new one is whole, and for good if that one fails", async () => {
    await staging.write(BATCH, "manifest.json", [Buffer.from("old")]);
    const seen: string[] = [];
    async function* failing() {
      yield Buffer.from("ne");
      seen.push((await staging.read(BATCH, "manifest.json")).toString());
      throw new Error("the source gave way");
    }
    await expect(staging.write(BATCH, "manifest.json", failing())).rejects.toThrow("the source gave way");
    expect(seen).toEqual(["old"]);
    expect((await staging.read(BATCH, "manifest.json")).toString()).toBe("old");
    const left = await readdir(join(root, BATCH.runId, BATCH.batchId));
    expect(left.filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("keeps one of two writes that happen at once whole: a job may be delivered twice", async () => {
    const write = (letter: string) =>
      staging.write(
        BATCH,
        "twice",
        Array.from({ length: 200 }, () => Buffer.from(letter)),
      );
    await Promise.all([write("a"), write("b"), write("c")]);
    expect((await staging.read(BATCH, "twice")).toString()).toMatch(/^(a{200}|b{200}|c{200})$/);
  });

  it("says by batch and name, without the machine's path, what is not there", async () => {
    const message = `nothing of batch ${BATCH.batchId} is not in staging`;
    const error = new StagedObjectError(message);
    await expect(staging.read(BATCH, "nothing")).rejects.toThrow(error);
    await expect(staging.readRange(BATCH, "nothing", 0, 1)).rejects.toThrow(error);
    await expect(readStream("nothing")).rejects.toThrow(error);
  });

  it("removes a run with all of its batches, and no other; a second time it is no error", async () => {
    const other = { runId: "0b9f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de", batchId: BATCH.batchId };
    await staging.write(BATCH, "object", [Buffer.from("a")]);
    await staging.write(other, "object", [Buffer.from("b")]);
    await staging.removeRun(RUN);
    await staging.removeRun(RUN);
    await expect(staging.read(BATCH, "object")).rejects.toThrow(StagedObjectError);
    expect((await staging.read(other, "object")).toString()).toBe("b");
  });
});
