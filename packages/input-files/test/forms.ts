import { gzipSync } from "node:zlib";

type Records = readonly object[];

/** Ways in which senders write records of JSON. */
export const SHAPES: Readonly<Record<string, (records: Records) => string>> = {
  lines: (records) => records.map((record) => `${JSON.stringify(record)}\n`).join(""),
  "lines without the last end": (records) => records.map((record) => JSON.stringify(record)).join("\n"),
  "lines with CRLF": (records) => records.map((record) => `${JSON.stringify(record)}\r\n`).join(""),
  "lines with CR": (records) => records.map((record) => `${JSON.stringify(record)}\r`).join(""),
  "lines with blank ones": (records) => records.map((record) => `\n \n${JSON.stringify(record)}\n\n`).join(""),
  "lines with commas": (records) => records.map((record) => `${JSON.stringify(record)},\n`).join(""),
  "lines with raw control characters": (records) =>
    records.map((record) => `${raw(JSON.stringify(record))}\n`).join(""),
  "one after another": (records) => records.map((record) => JSON.stringify(record)).join(""),
  "one after another with blanks": (records) => records.map((record) => JSON.stringify(record)).join("  \t"),
  indented: (records) => records.map((record) => `${JSON.stringify(record, null, 2)}\n`).join(""),
  "indented with CRLF": (records) =>
    records.map((record) => `${JSON.stringify(record, null, "\t").replaceAll("\n", "\r\n")}\r\n`).join(""),
  "an array": (records) => JSON.stringify(records),
  "an indented array": (records) => `${JSON.stringify(records, null, 4)}\n`,
  "an array of lines": (records) => `[\n${records.map((record) => JSON.stringify(record)).join(",\n")}\n]\n`,
  "an array of lines with commas in front": (records) =>
    `[${records.map((record) => JSON.stringify(record)).join("\n,")}\n]`,
  "an array that does not end": (records) => `[${records.map((record) => JSON.stringify(record)).join(",")},`,
  "an array in an object": (records) => JSON.stringify({ records }),
  "an indented array in an object": (records) => `${JSON.stringify({ data: records }, null, 2)}\n`,
  "two arrays": (records) => `${JSON.stringify(records.slice(0, 2))}\n${JSON.stringify(records.slice(2))}\n`,
  "record separators": (records) => records.map((record) => `\x1e${JSON.stringify(record)}\n`).join(""),
  "record separators alone": (records) => records.map((record) => `\x1e${JSON.stringify(record)}`).join(""),
  "NUL bytes between": (records) => `${records.map((record) => JSON.stringify(record)).join("\0\0\0")}\n\0\0\0\0`,
  "marks of joined files": (records) => records.map((record) => `\ufeff${JSON.stringify(record)}\n`).join(""),
};

/** Writes some of the escapes of control characters as the characters themselves, as senders do who join texts. */
function raw(json: string): string {
  return json.replace(
    /(?<!\\)((?:\\\\)*)\\([nt])/g,
    (_, before: string, letter: string) => before + (letter === "n" ? "\n" : "\t"),
  );
}

/** Encodings that a text shows. */
export const ENCODERS: Readonly<Record<string, (text: string) => Buffer>> = {
  "UTF-8": (text) => Buffer.from(text),
  "UTF-8 with a mark": (text) => Buffer.from(`\ufeff${text}`),
  "UTF-16LE": (text) => Buffer.from(text, "utf16le"),
  "UTF-16LE with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "UTF-16BE": (text) => Buffer.from(text, "utf16le").swap16(),
  "UTF-16BE with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
  "UTF-32LE": (text) => utf32(text),
  "UTF-32LE with a mark": (text) => utf32(`\ufeff${text}`),
  "UTF-32BE": (text) => utf32(text).swap32(),
  "UTF-32BE with a mark": (text) => utf32(`\ufeff${text}`).swap32(),
};

function utf32(text: string): Buffer {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(codes.length * 4);
  codes.forEach((code, i) => void bytes.writeUInt32LE(code, i * 4));
  return bytes;
}

/** Ways of packing that need nothing but zlib. */
export const PACKERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  "gzip in gzip": (bytes) => gzipSync(gzipSync(bytes)),
  "two members": (bytes) => Buffer.concat([gzipSync(bytes.subarray(0, 20)), gzipSync(bytes.subarray(20))]),
  "members with padding": (bytes) =>
    Buffer.concat([gzipSync(bytes.subarray(0, 7)), Buffer.alloc(5), gzipSync(bytes.subarray(7)), Buffer.alloc(9)]),
  "gzip with blanks and zeros behind it": (bytes) => Buffer.concat([gzipSync(bytes), Buffer.from(" \n\0\0\r\n")]),
  "zstd of blocks as they are": (bytes) => zstdOf(bytes),
  "gzip in zstd": (bytes) => zstdOf(gzipSync(bytes)),
};

/** A zstd frame of raw blocks, without a checksum. */
function zstdOf(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i === 0 || i < bytes.length; i += 1000) {
    const block = bytes.subarray(i, i + 1000);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (i + 1000 >= bytes.length ? 1 : 0), 0, 3);
    blocks.push(header, block);
  }
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]), ...blocks]);
}
