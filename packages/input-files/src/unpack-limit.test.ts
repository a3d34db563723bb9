import { createGzip, gzipSync } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { inPieces } from "../test/lines.js";
import { unpackedBytes } from "./file-source.js";
import type { ByteSource } from "./line-chunk.js";
import { firstBytes, unpackLimit, withinLimit } from "./unpack-limit.js";

const MIB = 1024 * 1024;
const LIMITS = { maxFileBytes: 1_000 * MIB, maxUnpackRatio: 200 };
const PIECE = Buffer.from('{"id":"013000"}\n'.repeat(65_536));

async function lengthOf(source: ByteSource): Promise<number> {
  let bytes = 0;
  for await (const piece of source) bytes += piece.length;
  return bytes;
}

/** 2 GiB of one valid record again and again, packed: about 2 MiB. */
async function bomb(): Promise<Buffer> {
  const gzip = createGzip({ level: 9 });
  const packed: Buffer[] = [];
  gzip.on("data", (piece: Buffer) => packed.push(piece));
  for (let bytes = 0; bytes < 2_048 * MIB; bytes += PIECE.length) {
    if (!gzip.write(PIECE)) await new Promise((resolve) => gzip.once("drain", resolve));
  }
  gzip.end();
  await new Promise((resolve) => gzip.once("end", resolve));
  return Buffer.concat(packed);
}

describe("unpackLimit", () => {
  it.each([
    ["a packed file has its share of the bytes on disk", MIB, true, 200 * MIB, "200 times as large"],
    ["a small one may have 16 MiB whatever it was", 10, true, 16 * MIB, "200 times as large"],
    ["no file has more than the most", 100 * MIB, true, 1_000 * MIB, "holds more than"],
    ["a plain file has the most alone", 10, false, 1_000 * MIB, "holds more than"],
  ])("%s", (_what, stored, gzip, bytes, message) => {
    const limit = unpackLimit(stored, gzip, LIMITS);
    expect(limit.bytes).toBe(bytes);
    expect(limit.error().message).toContain(message);
  });
});

describe("withinLimit", () => {
  it("passes bytes up to the limit, and throws for one more", async () => {
    const limit = { bytes: 100, error: () => new UnreadableFileError("too many") };
    expect(await lengthOf(withinLimit(inPieces(Buffer.alloc(100), [40]), limit))).toBe(100);
    await expect(lengthOf(withinLimit(inPieces(Buffer.alloc(101), [40]), limit))).rejects.toThrow("too many");
  });

  it("reads no more of a bomb than the limit, and holds none of it", async () => {
    const packed = await bomb();
    expect(packed.length).toBeLessThan(4 * MIB);
    const limit = unpackLimit(packed.length, true, { maxFileBytes: 64 * 1024 * MIB, maxUnpackRatio: 40 });
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let bytes = 0;
    await expect(async () => {
      for await (const piece of withinLimit(unpackedBytes(inPieces(packed, [MIB]), true), limit)) {
        bytes += piece.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    }).rejects.toThrow("LETHE_MAX_UNPACK_RATIO");
    expect(bytes).toBeLessThanOrEqual(limit.bytes);
    expect(most).toBeLessThan(64 * MIB);
  }, 60_000);
});

describe("firstBytes", () => {
  it("gives so many bytes, or all there are", async () => {
    for (const count of [0, 1, 40, 41, 100, 101, Number.POSITIVE_INFINITY]) {
      expect(await lengthOf(firstBytes(inPieces(Buffer.alloc(100), [40]), count))).toBe(Math.min(count, 100));
    }
    expect(await lengthOf(firstBytes(unpackedBytes(inPieces(gzipSync("abc")), true), 2))).toBe(2);
  });
});
