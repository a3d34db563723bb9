import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StagedObjectError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { CHECKSUM_BYTES } from "./checksum.js";
import { openFolderStorage } from "./folder-storage.js";
import { openStaging } from "./staging.js";

const data = await mkdtemp(join(tmpdir(), "lethe-staging-"));
afterAll(() => rm(data, { recursive: true, force: true }));
const staging = openStaging(openFolderStorage(data));
const root = join(data, "staging");
const RUN = "5f0c0d0e-6a54-4c0a-9a8e-0a5f6f0f3c11";
const BATCH = { runId: RUN, batchId: "8b4f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de" };

const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));

async function readStream(name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of staging.stream(BATCH, name)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("staging", () => {
  it("gives back what was written, at once or as a stream; a later write takes the place of an earlier one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), fc.boolean(), async (content, asStream) => {
        const source = (async function* () {
          yield* content;
        })();
        const whole = Buffer.concat(content);
        expect(await staging.write(BATCH, "object", asStream ? source : content)).toBe(whole.length);
        expect(await staging.read(BATCH, "object")).toEqual(whole);
        expect(await readStream("object")).toEqual(whole);
      }),
      { numRuns: 100 },
    );
  });

  it("gives back nothing where nothing was written, however that was done", async () => {
    for (const content of [[], [Buffer.alloc(0)], [Buffer.from("a"), Buffer.from(new ArrayBuffer(0))]]) {
      await staging.write(BATCH, "object", content);
      expect(await staging.read(BATCH, "object")).toEqual(Buffer.concat(content));
      expect(await readStream("object")).toEqual(Buffer.concat(content));
    }
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
    await expect(readStream("nothing")).rejects.toThrow(error);
  });

  it("notices every damage: a changed byte, a cut, an end that was added, zeros in its place", async () => {
    const path = join(root, BATCH.runId, BATCH.batchId, "damaged");
    const expectNoticed = async (stored: Buffer) => {
      await writeFile(path, stored);
      const error = new StagedObjectError(`damaged of batch ${BATCH.batchId} is not what was written`);
      await expect(staging.read(BATCH, "damaged")).rejects.toThrow(error);
      await expect(readStream("damaged")).rejects.toThrow(error);
    };
    await fc.assert(
      fc.asyncProperty(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), async (content, at, change) => {
        await staging.write(BATCH, "damaged", [content]);
        const stored = await readFile(path);
        const changed = Buffer.from(stored);
        const place = at % stored.length;
        changed.writeUInt8(changed.readUInt8(place) ^ change, place);
        await expectNoticed(changed);
        await expectNoticed(stored.subarray(0, place));
        await expectNoticed(Buffer.concat([stored, Buffer.from([change])]));
        await expectNoticed(Buffer.alloc(stored.length));
      }),
      { numRuns: 20 },
    );
  });

  it("tells a large object's size, and notices a damage in it", async () => {
    const large = Buffer.alloc(3_000_000, "lethe ");
    const batch = { runId: RUN, batchId: "0c4f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de" };
    await staging.write(batch, "object", [large]);
    expect(await staging.size(batch)).toBe(large.length + CHECKSUM_BYTES);
    const pieces: Buffer[] = [];
    for await (const piece of staging.stream(batch, "object")) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
    const path = join(root, batch.runId, batch.batchId, "object");
    const stored = await readFile(path);
    stored.writeUInt8(stored.readUInt8(2_000_000) ^ 1, 2_000_000);
    await writeFile(path, stored);
    await expect(staging.read(batch, "object")).rejects.toThrow(StagedObjectError);
  });

  it("removes a batch's objects but some, and its folder with the last; a second time it is no error", async () => {
    const batch = { runId: RUN, batchId: "1b4f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de" };
    for (const name of ["a", "b", "c"]) await staging.write(batch, name, [Buffer.from(name)]);
    await staging.removeAllBut(batch, ["b"]);
    await staging.removeAllBut(batch, ["b"]);
    await expect(staging.read(batch, "a")).rejects.toThrow(StagedObjectError);
    expect((await staging.read(batch, "b")).toString()).toBe("b");
    expect(await staging.size(batch)).toBe(1 + CHECKSUM_BYTES);
    await staging.removeAllBut(batch, []);
    await staging.removeAllBut(batch, []);
    expect(await staging.size(batch)).toBe(0);
    expect(await readdir(join(root, RUN))).not.toContain(batch.batchId);
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
