import { isUtf8 } from "node:buffer";

/** Returns a file's name as text; undefined if it is no UTF-8: text could not lead back to the file. */
export function legibleName(name: Buffer): string | undefined {
  return isUtf8(name) ? name.toString() : undefined;
}

/** Returns a file's name for people: what is no UTF-8 stands as `\\xe9`. */
export function printedName(name: Buffer): string {
  let printed = "";
  for (let i = 0; i < name.length; ) {
    const length = [1, 2, 3, 4].find((bytes) => i + bytes <= name.length && isUtf8(name.subarray(i, i + bytes)));
    const bytes = name.subarray(i, i + (length ?? 1));
    printed += length === undefined ? `\\x${bytes.toString("hex")}` : bytes.toString();
    i += bytes.length;
  }
  return printed;
}
