import { gzipSync } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, brokenDisk, type Cuts, inPieces } from "../test/lines.js";
import { unpackedBytes } from "./file-source.js";

const TEXT = '{"id":"013000"}\n{"id":"013001"}\n';

async function unpack(gzip: Buffer, cuts: Cuts = []): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of unpackedBytes(inPieces(gzip, cuts), true)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

describe("unpackedBytes", () => {
  it("unpacks gzip, of one member or of several joined, however its bytes come", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string(), { minLength: 1, maxLength: 4 }), anyCuts, async (members, cuts) => {
        const gzip = Buffer.concat(members.map((member) => gzipSync(member)));
        expect(await unpack(gzip, cuts)).toBe(members.map((member) => Buffer.from(member).toString()).join(""));
      }),
      { numRuns: 200 },
    );
  });

  it("unpacks a small file that becomes a large one, in pieces that are not too long", async () => {
    const large = Buffer.alloc(5 * 1024 * 1024, TEXT);
    const pieces: Buffer[] = [];
    for await (const piece of unpackedBytes(inPieces(gzipSync(large), []), true, 1_000_000)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
    expect(pieces.every(({ length }) => length <= 1_000_000)).toBe(true);
  });

  it("fails for gzip that is torn, at whichever byte", async () => {
    const whole = gzipSync(TEXT);
    for (let length = 0; length < whole.length; length++) {
      await expect(unpack(whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(UnreadableFileError);
    }
  });

  it("fails for a second member that is torn, at whichever byte", async () => {
    const first = gzipSync(TEXT);
    const whole = Buffer.concat([first, gzipSync(TEXT)]);
    for (let length = first.length + 1; length < whole.length; length++) {
      const torn = whole.subarray(0, length);
      await expect(unpack(torn), `${length} bytes`).rejects.toThrow(UnreadableFileError);
      await expect(unpack(torn, [first.length]), `${length} bytes in two pieces`).rejects.toThrow(UnreadableFileError);
    }
  });

  it("fails for a byte that changed in the data, and for what is no gzip", async () => {
    const whole = gzipSync(TEXT);
    const changed = Buffer.from(whole);
    changed[whole.length - 6] = (changed[whole.length - 6] ?? 0) ^ 1;
    await expect(unpack(changed)).rejects.toThrow(new UnreadableFileError("the gzip data is damaged"));
    await expect(unpack(Buffer.from(TEXT))).rejects.toThrow(new UnreadableFileError("the gzip data is damaged"));
  });

  it("gives nothing for an empty text that was packed", async () => {
    expect(await unpack(gzipSync(""))).toBe("");
  });

  it("passes a disk's failure on as it is: another try may succeed", async () => {
    const read = async (gzip: boolean) => {
      for await (const _piece of unpackedBytes(brokenDisk(), gzip));
    };
    await expect(read(true)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(read(false)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
