import { gzipSync } from "node:zlib";
import { UnreadableFileError, UnsupportedFormatError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { convert, convertedLines, OPTIONS } from "../test/converted.js";
import { PACKED, PACKED_TEXT, XZ_SHA256 } from "../test/packed.js";
import type { InputOptions } from "./input-options.js";

const csvWith = (options: InputOptions) => ({ ...OPTIONS.csv, ...options });

const RECORD = '{"id":"013000"}\n';

describe("packed files", { timeout: 30_000 }, () => {
  it.each(Object.entries(PACKED))("are unpacked: %s", async (_how, bytes) => {
    for (const cuts of [[], "everywhere"] as const) {
      expect((await convert(bytes, cuts)).bytes.toString()).toBe(PACKED_TEXT);
    }
    expect((await convert(gzipSync(bytes))).bytes.toString()).toBe(PACKED_TEXT);
  });

  it.each(Object.entries(PACKED))("are refused with a byte changed or cut off: %s", async (_how, bytes) => {
    for (let i = 12; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 0x04;
      const text = await convert(changed).then(
        (converted) => converted.bytes.toString(),
        (error: unknown) => {
          if (error instanceof UnreadableFileError) return PACKED_TEXT;
          throw error;
        },
      );
      // Some bytes, as of sizes that nobody compares, mean nothing. None may change the text.
      expect(text, `byte ${i}`).toBe(PACKED_TEXT);
    }
    await expect(convert(bytes.subarray(0, -5))).rejects.toThrow(UnreadableFileError);
  });

  it("say what to do where the decoder does not know them", async () => {
    await expect(convert(XZ_SHA256)).rejects.toThrow("pack the file with xz -6 and send it again");
  });

  it("may have text behind the gzip data, which is read on", async () => {
    const text = await convert(Buffer.concat([gzipSync(RECORD), Buffer.from('{"id":"013001"}\n')]));
    expect(text.bytes.toString()).toBe(`${RECORD}{"id":"013001"}\n`);
    expect(text.tail).toEqual({ bytes: 16 });
    expect(text.convertedFrom).toBe("JSON with bytes after the gzip data");
  });

  it("are refused where the gzip data is torn or damaged", async () => {
    const packed = gzipSync(RECORD.repeat(100));
    await expect(convert(packed.subarray(0, -3))).rejects.toThrow(
      "the gzip data ends too early; send the file again whole",
    );
    const damaged = Buffer.from(packed);
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] ?? 0) ^ 1;
    await expect(convert(damaged)).rejects.toThrow("the gzip data is damaged");
  });

  it("keep to the limits with all layers together", async () => {
    const bomb = gzipSync(gzipSync(gzipSync(Buffer.alloc(17 * 1024 * 1024, RECORD))));
    await expect(convert(bomb, [], { maxUnpackRatio: 10 })).rejects.toThrow("more than 10 times as large");
    await expect(convert(gzipSync(RECORD.repeat(9)), [], { maxFileBytes: 100 })).rejects.toThrow("more than 100 bytes");
    let nested: Buffer = Buffer.from(RECORD);
    for (let i = 0; i < 9; i++) nested = gzipSync(nested);
    await expect(convert(nested)).rejects.toThrow("packed more than 8 times");
  });
});

describe("encodings", () => {
  it("are by a setting where the bytes do not show them", async () => {
    const text = '{"name":"Šimić, 5 €"}\n';
    const windows = Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0x8a]),
      Buffer.from("imi"),
      Buffer.from([0xe6]),
      Buffer.from(", 5 "),
      Buffer.from([0x80]),
      Buffer.from('"}\n'),
    ]);
    const set = await convert(windows, "everywhere", { csv: csvWith({ encoding: "windows-1250" }) });
    expect(set.bytes.toString()).toBe(text);
    expect(set.convertedFrom).toBe("windows-1250 JSON");
    // A mark says more than the setting.
    expect(
      (
        await convert(Buffer.from(`\ufeff${text}`), [], { csv: csvWith({ encoding: "windows-1252" }) })
      ).bytes.toString(),
    ).toContain("Šimić");
    const latin = await convert(Buffer.from('{"name":"Zoë"}', "latin1"), [], { csv: csvWith({ encoding: "latin1" }) });
    expect(latin.bytes.toString()).toBe('{"name":"Zoë"}\n');
  });

  it("may hold half a surrogate pair in one record, whose neighbours are whole", async () => {
    for (const swap of [false, true]) {
      const wide = Buffer.from('{"a":1}\n{"a":"\ud800"}\n{"a":"\udc00\ud83d\ude00"}\n{"a":2}\n', "utf16le");
      const { bytes } = await convert(swap ? wide.swap16() : wide, "everywhere");
      expect(bytes.toString("latin1").split("\n")).toEqual([
        '{"a":1}',
        '{"a":"\xed\xa0\x80"}',
        `{"a":"\xed\xb0\x80${Buffer.from("😀").toString("latin1")}"}`,
        '{"a":2}',
        "",
      ]);
    }
  });

  it("may end within a character", async () => {
    const wide = Buffer.from('{"a":1}\n{"a":2}\n', "utf16le");
    expect(await convertedLines(wide.subarray(0, -1))).toEqual(['{"a":1}', '{"a":2}']);
  });

  it("leave a line alone that is not UTF-8", async () => {
    const bytes = Buffer.from('{"a":1}\n{"a":"\xff"}\n{"a":2}{"a":3}\n', "latin1");
    expect((await convert(bytes)).bytes.toString("latin1")).toBe('{"a":1}\n{"a":"\xff"}\n{"a":2}\n{"a":3}\n');
  });
});

describe("files of other kinds", () => {
  const zip = (name: string, flags = 0) =>
    Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4, 20, 0, flags, 0]), Buffer.alloc(22), Buffer.from(`${name}rest`)]);
  const tar = Buffer.alloc(1024);
  tar.write("customers.json", 0);
  tar.write("ustar", 257);
  it.each([
    ["a zip archive", zip("customers.json"), "unpack it"],
    ["an encrypted zip archive", zip("customers.json", 1), "decrypt it"],
    ["an Excel workbook (xlsx)", zip("[Content_Types].xml"), "save the sheet as CSV in UTF-8"],
    ["an Excel workbook (xls)", Buffer.from("d0cf11e0a1b11ae1000000", "hex"), "save the sheet as CSV"],
    ["a Parquet file", Buffer.from("PAR1\x15\x04\x15"), "export it as JSON lines or as CSV"],
    ["an Avro file", Buffer.from("Obj\x01\x04\x14"), "export it"],
    ["an ORC file", Buffer.from("ORC\x11\x00\x00\x0a"), "export it"],
    ["a PDF document", Buffer.from("%PDF-1.7\n"), "send the records"],
    ["encrypted (OpenPGP)", Buffer.from("8c0d0409030212", "hex"), "decrypt it"],
    ["encrypted (OpenPGP)", Buffer.from("-----BEGIN PGP MESSAGE-----\n"), "decrypt it"],
    ["encrypted (age)", Buffer.from("age-encryption.org/v1\n-> X25519"), "decrypt it"],
    ["an image", Buffer.from("89504e470d0a1a0a", "hex"), "send the records"],
    ["a tar archive", tar, "unpack it"],
    ["a tar archive", gzipSync(tar), "unpack it"],
    ["a 7z archive", Buffer.from("377abcaf271c0004", "hex"), "unpack it"],
    ["a RAR archive", Buffer.from("Rar!\x1a\x07\x00", "latin1"), "unpack it"],
    ["an SQLite database", Buffer.from("SQLite format 3\0"), "export it"],
    ["an HTML or XML document", Buffer.from("<!DOCTYPE html>\n<html><body>502 Bad Gateway"), "look at what"],
    ["an HTML or XML document", Buffer.from('\ufeff<?xml version="1.0"?>\n<Error/>'), "look at what"],
    ["binary data", Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) % 31)), "send the records"],
  ])("are named: %s", async (what, bytes, remedy) => {
    const refused = expect(convert(bytes)).rejects;
    await refused.toThrow(UnsupportedFormatError);
    await expect(convert(bytes)).rejects.toThrow(what);
    await expect(convert(bytes)).rejects.toThrow(remedy);
  });

  it("are not what begins alike", async () => {
    for (const text of ["ORCID,id\n1,2\n", "BZh9 is text\n", "PK\n", "<p>a line</p>\n{}\n"]) {
      expect((await convert(Buffer.from(text))).bytes.length).toBeGreaterThan(0);
    }
  });
});

describe("the shape", () => {
  it.each([
    ["csv", "json", "id,email\n1,2\n"],
    ["csv", "json", '\ufeff"ID";"Email"\n1;2\n'],
    ["json", "json", "dear id,\n"],
    ["json", "csv", '{"id":1}\n'],
    ["json", "csv", ' [{"id":1}]'],
    ["csv", "csv", "id,b\n1,2\n"],
    ["csv", "csv", "[Export]\nid,email\n1,2\n"],
    ["csv", "csv", "{Export}\nid;email\n1;2\n"],
    ["csv", "json", "[Export]\nid,email\n1,2\n"],
    ["csv", "csv", "[id],[email]\n1,2\n"],
    ["csv", "json", "[id],[email]\n1,2\n"],
    ["json", "csv", '[\n  {\n    "id": "1",\n    "email": "id"\n  }\n]\n'],
    ["ndjson", "ndjson", '{"id":1}\n'],
    ["json", "ndjson", '[{"id":1}]\n'],
  ] as const)("is %s, in a file named %s: %s", async (shape, namedShape, text) => {
    const { format } = await convert(Buffer.from(text), [], { namedShape });
    expect(format.shape).toBe(shape === "csv" ? "csv" : "ndjson");
  });
});
