/** How a file's bytes are packed. */
export type Packing = "gzip" | "zstd" | "bzip2" | "xz";

/** A kind of file that holds no records that Lethe can read. */
export interface ForeignKind {
  /** What the file is: "a zip archive". */
  readonly what: string;
  /** What its sender does: "unpack it and send the files in it". */
  readonly remedy: string;
}

/** Bytes at the beginning of a file that show its kind. A tar archive shows it last, at byte 257. */
export const KIND_BYTES = 512;

/** Returns how a file is packed, by its first bytes, or undefined if it is not. */
export function packingOf(head: Buffer): Packing | undefined {
  return PACKINGS.find(([begins]) => beginsWith(head, begins))?.[1];
}

/** Returns the kind of a file that holds no records, by its first bytes, or undefined if it may hold some. */
export function foreignKindOf(head: Buffer): ForeignKind | undefined {
  const [, kind] = FOREIGN.find(([begins, , at = 0]) => beginsWith(head.subarray(at), begins)) ?? [];
  if (kind !== undefined) return typeof kind === "function" ? kind(head) : kind;
  if (beginsWith(head, ORC_BEGINS) && hasControls(head)) return ORC;
  return isMarkup(head) ? MARKUP : undefined;
}

/** Matches any byte. */
const ANY = -1;

type Pattern = readonly number[];

const text = (characters: string): Pattern => [...Buffer.from(characters, "latin1")];

function beginsWith(head: Buffer, pattern: Pattern): boolean {
  return pattern.length <= head.length && pattern.every((byte, i) => byte === ANY || head[i] === byte);
}

const BZIP2_BLOCK = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

const PACKINGS: readonly (readonly [Pattern, Packing])[] = [
  [[0x1f, 0x8b, 0x08], "gzip"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd"],
  // Frames that a decoder skips may come first (RFC 8878, section 3.1.2).
  ...Array.from({ length: 16 }, (_, i) => [[0x50 + i, 0x2a, 0x4d, 0x18], "zstd"] as const),
  [[...text("BZh"), ANY, ...BZIP2_BLOCK], "bzip2"],
  [[...text("BZh"), ANY, ...BZIP2_END], "bzip2"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz"],
];

const UNPACK = "unpack it and send the files in it as JSON or CSV";
const EXPORT = "export it as JSON lines or as CSV in UTF-8 and send that";
const SAVE_AS_CSV = "save the sheet as CSV in UTF-8 and send that";
const DECRYPT = "decrypt it and send what is in it";
const UNPACK_ONE = "unpack it, or pack it with gzip, and send that";
const SEND_RECORDS = "send the records as JSON or CSV";

const WORKBOOK: ForeignKind = { what: "an Excel workbook (xlsx)", remedy: SAVE_AS_CSV };
const OFFICE: ForeignKind = { what: "an Excel workbook (xls) or another Office document", remedy: SAVE_AS_CSV };
const PGP: ForeignKind = { what: "encrypted (OpenPGP)", remedy: DECRYPT };
const AGE: ForeignKind = { what: "encrypted (age)", remedy: DECRYPT };
const IMAGE: ForeignKind = { what: "an image", remedy: SEND_RECORDS };
const MARKUP: ForeignKind = {
  what: "an HTML or XML document, as of an error page",
  remedy: "look at what its sender was given, and send the records as JSON or CSV",
};

// A header row may begin with the same letters.
const ORC_BEGINS = text("ORC");
const ORC: ForeignKind = { what: "an ORC file", remedy: EXPORT };

const FOREIGN: readonly (readonly [Pattern, ForeignKind | ((head: Buffer) => ForeignKind), number?])[] = [
  [[0x50, 0x4b, 0x03, 0x04], zipKind],
  [[0x50, 0x4b, 0x05, 0x06], { what: "an empty zip archive", remedy: UNPACK }],
  [[0x50, 0x4b, 0x07, 0x08], { what: "a part of a zip archive", remedy: UNPACK }],
  [[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], OFFICE],
  [text("PAR1"), { what: "a Parquet file", remedy: EXPORT }],
  [text("PARE"), { what: "an encrypted Parquet file", remedy: EXPORT }],
  [text("Obj\x01"), { what: "an Avro file", remedy: EXPORT }],
  [text("ARROW1"), { what: "an Arrow (Feather) file", remedy: EXPORT }],
  [text("FEA1"), { what: "a Feather file", remedy: EXPORT }],
  [text("SQLite format 3\0"), { what: "an SQLite database", remedy: EXPORT }],
  [text("\x89HDF\r\n"), { what: "an HDF5 file", remedy: EXPORT }],
  [text("%PDF-"), { what: "a PDF document", remedy: SEND_RECORDS }],
  [text("{\\rtf"), { what: "an RTF document", remedy: SEND_RECORDS }],
  [text("-----BEGIN PGP"), PGP],
  // Encrypted to a key of RSA or of an elliptic curve, or with a passphrase (RFC 4880, section 4.2 and 5.1 and 5.3).
  [[0x85, ANY, ANY, 0x03], PGP],
  [[0x84, ANY, 0x03], PGP],
  [[0xc1, ANY, 0x03], PGP],
  [[0xc1, ANY, ANY, 0x03], PGP],
  [[0x8c, ANY, 0x04], PGP],
  [[0xc3, ANY, 0x04], PGP],
  [text("age-encryption.org/"), AGE],
  [text("-----BEGIN AGE ENCRYPTED"), AGE],
  [text("Salted__"), { what: "encrypted (OpenSSL)", remedy: DECRYPT }],
  [text("$ANSIBLE_VAULT"), { what: "encrypted (Ansible Vault)", remedy: DECRYPT }],
  [text("7z\xbc\xaf\x27\x1c"), { what: "a 7z archive", remedy: UNPACK }],
  [text("Rar!\x1a\x07"), { what: "a RAR archive", remedy: UNPACK }],
  [text("ustar"), { what: "a tar archive", remedy: UNPACK }, 257],
  [[0x04, 0x22, 0x4d, 0x18], { what: "packed with LZ4", remedy: UNPACK_ONE }],
  [[0xff, 0x06, 0x00, 0x00, ...text("sNaPpY")], { what: "packed with Snappy", remedy: UNPACK_ONE }],
  [[0x89, 0x4c, 0x5a, 0x4f, 0x00], { what: "packed with lzop", remedy: UNPACK_ONE }],
  [[0x1f, 0x9d], { what: "packed with compress (.Z)", remedy: UNPACK_ONE }],
  [[0x5d, 0x00, 0x00, ANY, ANY, 0xff, 0xff], { what: "packed with LZMA", remedy: UNPACK_ONE }],
  [[...text("LZIP"), 0x01], { what: "packed with lzip", remedy: UNPACK_ONE }],
  [[0x89, ...text("PNG")], IMAGE],
  [[0xff, 0xd8, 0xff], IMAGE],
  [text("GIF87a"), IMAGE],
  [text("GIF89a"), IMAGE],
  [text("II*\0"), IMAGE],
  [text("MM\0*"), IMAGE],
  [[...text("RIFF"), ANY, ANY, ANY, ANY, ...text("WEBP")], IMAGE],
  [[...text("BM"), ANY, ANY, ANY, ANY, 0, 0, 0, 0], IMAGE],
  [[0x7f, ...text("ELF")], { what: "a program", remedy: SEND_RECORDS }],
];

/** Which of an archive's files are encrypted, and which are Office's, its first entry tells (APPNOTE, section 4.3.7). */
function zipKind(head: Buffer): ForeignKind {
  const isEncrypted = ((head[6] ?? 0) & 1) === 1;
  if (isEncrypted) return { what: "an encrypted zip archive", remedy: "decrypt it and send the files in it" };
  const isOffice = head.includes("[Content_Types].xml") || head.includes("_rels/") || head.includes("xl/");
  if (isOffice) return WORKBOOK;
  if (head.includes("opendocument.spreadsheet")) return { what: "an OpenDocument sheet", remedy: SAVE_AS_CSV };
  return { what: "a zip archive", remedy: UNPACK };
}

function hasControls(head: Buffer): boolean {
  return head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}

const MARKUP_START = /^(?:\ufeff|\s)*<(?:!doctype|html|\?xml|!--|head|body|[a-z][a-z0-9-]*[\s>/])/i;

/** Reports whether a file begins as HTML or XML does, and no line at its beginning is a record. */
function isMarkup(head: Buffer): boolean {
  const start = head.toString("utf8");
  return MARKUP_START.test(start) && !/^[ \t]*[{[]/m.test(start);
}
