import { gzipSync } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requireText } from "./require-text.js";

async function read(bytes: Buffer, pieceBytes: number): Promise<Buffer> {
  async function* pieces() {
    for (let i = 0; i < bytes.length; i += pieceBytes) yield bytes.subarray(i, i + pieceBytes);
  }
  const read: Buffer[] = [];
  for await (const piece of requireText(pieces())) read.push(piece);
  return Buffer.concat(read);
}

const TEXT = '{"id":"013000","email":"jane@example.org"}\n'.repeat(30);

describe("requireText", () => {
  it("passes text on as it is, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 600 }), async (text, pieceBytes) => {
        const bytes = Buffer.from(`{"a":${JSON.stringify(text)}}\n${TEXT}`);
        expect(await read(bytes, pieceBytes)).toEqual(bytes);
      }),
    );
  });

  it.each<readonly [string, Buffer]>([
    ["gzip", gzipSync(TEXT)],
    ["zip", Buffer.from(`PK\u0003\u0004${TEXT}`)],
    ["UTF-16", Buffer.from(`\ufeff${TEXT}`, "utf16le")],
    ["UTF-16", Buffer.from(TEXT, "utf16le")],
    ["UTF-16", Buffer.from(TEXT, "utf16le").swap16()],
    ["Parquet", Buffer.from(`PAR1${TEXT}`)],
  ])("says that a file is %s", async (what, bytes) => {
    for (const pieceBytes of [1, 7, 100_000]) {
      await expect(read(bytes, pieceBytes)).rejects.toThrow(UnreadableFileError);
      await expect(read(bytes, pieceBytes)).rejects.toThrow(new RegExp(what, "i"));
    }
  });

  it("leaves single zeros in text to the record that they stand in", async () => {
    const bytes = Buffer.from(`{"id":"\0\0"}\n${TEXT}`);
    expect(await read(bytes, 1_000)).toEqual(bytes);
  });
});
