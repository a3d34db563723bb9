/** A piece of a file: whole lines, each with its line end. */
export interface LineChunk {
  readonly bytes: Buffer;
  readonly lines: number;
}

/** The bytes of a file, unpacked, as they come. */
export type ByteSource = AsyncIterable<Buffer>;

export const NEWLINE = 0x0a;
export const NEWLINE_BYTES: Buffer = Buffer.from("\n");
