import { constants, gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, brokenDisk, type Cuts, inPieces } from "../test/lines.js";
import { salvagedBytes } from "./salvaged-bytes.js";

async function salvage(gzip: Buffer, cuts: Cuts = []): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of salvagedBytes(inPieces(gzip, cuts), true)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A text of many different lines, so that it takes some blocks of gzip's. */
function lines(count: number): Buffer {
  return Buffer.from(
    Array.from({ length: count }, (_, i) => `{"id":"${i * 7919}","x":"${(i * 48_271) % 65_537}"}\n`).join(""),
  );
}

describe("salvagedBytes", () => {
  it("gives all that zlib can make of gzip that is torn, at whichever byte", async () => {
    const whole = Buffer.concat([gzipSync(lines(20)), gzipSync(lines(3))]);
    for (let length = 0; length <= whole.length; length++) {
      const torn = whole.subarray(0, length);
      expect(await salvage(torn), `${length} bytes`).toEqual(
        length === 0 ? Buffer.alloc(0) : gunzipSync(torn, { finishFlush: constants.Z_SYNC_FLUSH }),
      );
    }
  });

  it("gives all that stands before damage, however much is unpacked at once", async () => {
    const text = lines(40_000);
    const whole = gzipSync(text);
    for (const share of [0.1, 0.5, 0.9]) {
      const at = Math.floor(whole.length * share);
      // All bits set is no block that there is, so that what was unpacked up to there is all there is.
      const damaged = Buffer.concat([whole.subarray(0, at), Buffer.alloc(whole.length - at, 0xff)]);
      const intact = gunzipSync(whole.subarray(0, at), { finishFlush: constants.Z_SYNC_FLUSH });
      const salvaged = await salvage(damaged);
      expect(salvaged.length).toBeGreaterThanOrEqual(intact.length);
      expect(salvaged.subarray(0, intact.length).equals(intact)).toBe(true);
    }
  });

  it("gives the same however its bytes come, and never fails for what they are", async () => {
    const gzip = fc.tuple(fc.string({ maxLength: 80 }), fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(gzip, anyCuts, async ([text, changes], cuts) => {
        const bytes = gzipSync(text);
        for (const [place, byte] of changes) if (place < bytes.length) bytes[place] = byte;
        expect(await salvage(bytes, cuts)).toEqual(await salvage(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps little of a bomb in memory while it is read", async () => {
    const bomb = gzipSync(Buffer.alloc(128 * 1024 * 1024));
    const before = process.memoryUsage().arrayBuffers;
    let bytes = 0;
    let most = 0;
    for await (const piece of salvagedBytes(inPieces(bomb, [50_000, 100_000]), true)) {
      bytes += piece.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(bytes).toBe(128 * 1024 * 1024);
    expect(most).toBeLessThan(64 * 1024 * 1024);
  }, 30_000);

  it("passes a disk's failure on as it is", async () => {
    const read = async (gzip: boolean) => {
      for await (const _piece of salvagedBytes(brokenDisk(), gzip));
    };
    await expect(read(true)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(read(false)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
