import { appendFile, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PathRefusedError, UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folderOf } from "../test/folder.js";
import { anyCuts, brokenDisk, type Cuts, inPieces } from "../test/lines.js";
import { openInputFile, storedBytes, unpackedBytes } from "./file-source.js";

const TEXT = '{"id":"013000"}\n{"id":"013001"}\n';

async function unpack(gzip: Buffer, cuts: Cuts = []): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of unpackedBytes(inPieces(gzip, cuts), true)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

describe("storedBytes", () => {
  it("gives a file's bytes in pieces that are not too long", async () => {
    const content = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 60 }), async (bytes, pieceBytes) => {
        const file = await openInputFile(join(await folderOf({ a: bytes }), "a"));
        const pieces: Buffer[] = [];
        for await (const piece of storedBytes(file, bytes.length, pieceBytes)) pieces.push(piece);
        await file.close();
        expect(Buffer.concat(pieces)).toEqual(bytes);
        expect(pieces.every(({ length }) => length > 0 && length <= pieceBytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["grows", (path: string) => appendFile(path, "more".repeat(5_000)), `${TEXT}${"more".repeat(5_000)}`],
    ["is cut", (path: string) => truncate(path, 5), TEXT.slice(0, 5)],
  ])("gives what is there when a file %s while it is read", async (_what, change, text) => {
    const path = join(await folderOf({ a: TEXT }), "a");
    const file = await openInputFile(path);
    const pieces: Buffer[] = [];
    for await (const piece of storedBytes(file, TEXT.length, 5)) {
      if (pieces.length === 0) await change(path);
      pieces.push(piece);
    }
    await file.close();
    expect(Buffer.concat(pieces).toString()).toBe(text);
  });
});

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

describe("openInputFile", () => {
  it("refuses a file that has become a symbolic link", async () => {
    const root = await folderOf({ "customers.json": TEXT });
    await symlink(join(root, "customers.json"), join(root, "link.json"));
    await expect(openInputFile(join(root, "link.json"))).rejects.toThrow(PathRefusedError);
  });
});
