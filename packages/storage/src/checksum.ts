import { crc32 } from "node:zlib";
import { StagedObjectError } from "@lethe/contracts/errors";

/** Length in bytes of the checksum that ends an object in its file. */
export const CHECKSUM_BYTES = 4;

// Of nothing it is not zero, so that a file which a crash has left full of zeros is no object.
const SEED = 0x1e_7e_1e_7e;

/** Passes an object's bytes on and its checksum (CRC-32) behind them; counts the bytes. */
export async function* withChecksum(
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  counted: { bytes: number },
): AsyncGenerator<Uint8Array> {
  let sum = SEED;
  for await (const chunk of content) {
    sum = extend(sum, chunk);
    counted.bytes += chunk.byteLength;
    yield chunk;
  }
  yield encode(sum);
}

/**
 * Verifies the checksum at the end of a staged object's file and returns the bytes before it. Throws
 * StagedObjectError, which names the object by `name`, if the checksum does not match.
 */
export function checkedBytes(stored: Buffer, name: string): Buffer {
  const content = stored.subarray(0, Math.max(0, stored.length - CHECKSUM_BYTES));
  if (!encode(extend(SEED, content)).equals(stored.subarray(content.length))) throw damaged(name);
  return content;
}

/**
 * Yields the bytes of a staged object's file without the checksum at its end, and verifies that checksum after the
 * last byte. Throws StagedObjectError, which names the object by `name`, if it does not match. In that case the
 * caller must discard everything that was yielded before.
 */
export async function* checkedStream(stored: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let sum = SEED;
  let last: Buffer = Buffer.alloc(0);
  for await (const chunk of stored) {
    const known = last.length === 0 ? chunk : Buffer.concat([last, chunk]);
    const content = known.subarray(0, Math.max(0, known.length - CHECKSUM_BYTES));
    last = known.subarray(content.length);
    if (content.length === 0) continue;
    sum = extend(sum, content);
    yield content;
  }
  if (!encode(sum).equals(last)) throw damaged(name);
}

/** An empty buffer may have no address, for which zlib gives the start of a new sum. */
function extend(sum: number, bytes: Uint8Array): number {
  return bytes.byteLength === 0 ? sum : crc32(bytes, sum);
}

function encode(sum: number): Buffer {
  const bytes = Buffer.alloc(CHECKSUM_BYTES);
  bytes.writeUInt32LE(sum);
  return bytes;
}

function damaged(name: string): StagedObjectError {
  return new StagedObjectError(`${name} is not what was written`);
}
