import { gzipSync } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convert } from "../test/converted.js";
import { anyCuts, type Cuts } from "../test/lines.js";

const record = (id: number, name = "Ada") => `${JSON.stringify({ id: String(id), name })}\n`;
const first = gzipSync(record(1));
const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x09, 0, 0, ...Buffer.from("a")]);

/** Returns the ids of the records that are read, and how many lines cannot be; undefined if the file is refused. */
async function read(bytes: Buffer, cuts: Cuts = []) {
  try {
    const { bytes: text, convertedFrom } = await convert(bytes, cuts);
    const lines = text.toString("latin1").split("\n").slice(0, -1);
    const ids = lines.map((line) => /"id":"(\d+)"/.exec(line)?.[1]);
    return { ids, convertedFrom };
  } catch (error) {
    if (error instanceof UnreadableFileError) return error.message;
    throw error;
  }
}

describe("what is joined to gzip data", () => {
  it.each<[string, Buffer]>([
    ["a member behind a line end", Buffer.concat([Buffer.from("\n"), gzipSync(record(2))])],
    ["a member behind blanks and zeros", Buffer.concat([Buffer.from(" \0\0\r\n\0"), gzipSync(record(2))])],
    ["a member behind zeros", Buffer.concat([Buffer.alloc(512), gzipSync(record(2))])],
    ["text with zeros behind it", Buffer.from(`${record(2)}\0\0\0\0`)],
    ["text with a record separator", Buffer.from(`\x1e${record(2)}`)],
    ["text with a control character in it", Buffer.from(record(2, "a\vb").replace("\\u000b", "\v"))],
    ["text in Latin-1", Buffer.from(record(2, "Jürgen"), "latin1")],
    ["text with a mark", Buffer.from(`\ufeff${record(2)}`)],
  ])("is read: %s", async (_what, tail) => {
    expect(await read(Buffer.concat([first, tail]))).toEqual({
      ids: ["1", "2"],
      convertedFrom: expect.stringContaining("with bytes after the gzip data"),
    });
  });

  it("is read in its order, and the file is refused where a part of it is neither gzip data nor text", async () => {
    const text = fc.constantFrom("Ada", "Jürgen", "Δήμος", "a\u000bb", "x".repeat(5000));
    const part = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constantFrom("member" as const, "text" as const, "latin1" as const), text }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("filler" as const),
          text: fc.constantFrom("\0", "\n", " ", "\r\n\0\0", "\0".repeat(600)),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("other" as const),
          text: fc.constantFrom(zstd, Buffer.from(record(9), "utf16le"), Buffer.from(record(9), "utf16le").swap16()),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), anyCuts, async (parts, cuts) => {
        let id = 1;
        const bytes = parts.map(({ kind, text }) => {
          if (kind === "other" || kind === "filler") return Buffer.from(text);
          id += 1;
          if (kind === "member") return gzipSync(record(id, text));
          return Buffer.from(record(id, text.replace("Δήμος", "Jürgen")), kind === "latin1" ? "latin1" : "utf8");
        });
        const result = await read(Buffer.concat([first, ...bytes]), cuts);
        if (parts.some(({ kind }) => kind === "other")) expect(result).toEqual(expect.any(String));
        else expect(result).toMatchObject({ ids: Array.from({ length: id }, (_, i) => String(i + 1)) });
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Buffer, string]>([
    ["a zstd frame", zstd, "neither gzip data nor text"],
    [
      "a zstd frame behind text",
      Buffer.concat([Buffer.from(record(2).repeat(400)), zstd]),
      "neither gzip data nor text",
    ],
    ["three bytes", Buffer.from([1, 2, 3]), "neither gzip data nor text"],
    ["half a mark", Buffer.from([0x1f, 0x8b]), "neither gzip data nor text"],
    [
      "half a mark and a member",
      Buffer.concat([Buffer.from([0x1f, 0x8b]), gzipSync(record(2))]),
      "neither gzip data nor text",
    ],
    ["a torn member", gzipSync(record(2)).subarray(0, 20), "ends too early"],
    ["UTF-16", Buffer.from(record(2), "utf16le"), "another encoding than UTF-8"],
    ["UTF-16BE", Buffer.from(record(2), "utf16le").swap16(), "another encoding than UTF-8"],
  ])("makes the file unreadable if it is %s", async (_what, tail, message) => {
    expect(await read(Buffer.concat([first, tail]))).toEqual(expect.stringContaining(message));
  });

  it("makes the file unreadable if it is text behind UTF-16, whose members are read across line ends", async () => {
    const member = (id: number) => gzipSync(Buffer.from(record(id), "utf16le"));
    expect(await read(Buffer.concat([member(1), Buffer.from(record(2))]))).toEqual(
      expect.stringContaining("another encoding than UTF-8"),
    );
    expect(await read(Buffer.concat([member(1), Buffer.from("\n"), member(2)]))).toMatchObject({ ids: ["1", "2"] });
  });

  it("leaves a file as it is that has zeros alone behind its gzip data", async () => {
    expect(await read(Buffer.concat([first, gzipSync(record(2)), Buffer.alloc(300)]))).toEqual({
      ids: ["1", "2"],
      convertedFrom: undefined,
    });
  });
});
