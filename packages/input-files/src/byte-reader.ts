import type { ByteSource } from "./line-chunk.js";

/** Reads a source in pieces of the reader's choice. */
export interface ByteReader {
  /** Returns the next so many bytes; fewer where the source ends. */
  take(count: number): Promise<Buffer>;
  /** Returns the bytes up to a zero, with it. */
  takeText(): Promise<Buffer>;
  /** Returns some bytes; undefined at the end. */
  next(): Promise<Buffer | undefined>;
  putBack(bytes: Buffer): void;
}

/** Creates a reader of a source's bytes. */
export function readBytes(source: ByteSource): ByteReader {
  const pieces = source[Symbol.asyncIterator]();
  let open: Buffer = Buffer.alloc(0);
  const more = async () => {
    const { done, value } = await pieces.next();
    if (done !== true) open = open.length === 0 ? value : Buffer.concat([open, value]);
    return done !== true;
  };
  const cut = (count: number) => {
    const head = open.subarray(0, count);
    open = open.subarray(count);
    return head;
  };
  return {
    async take(count) {
      while (open.length < count && (await more()));
      return cut(count);
    },
    async takeText() {
      while (!open.includes(0) && (await more()));
      const end = open.indexOf(0);
      return cut(end === -1 ? open.length : end + 1);
    },
    async next() {
      while (open.length === 0) if (!(await more())) return undefined;
      return cut(open.length);
    },
    putBack(bytes) {
      open = bytes.length === 0 ? open : open.length === 0 ? bytes : Buffer.concat([bytes, open]);
    },
  };
}
