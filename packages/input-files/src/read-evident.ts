import { UnreadableFileError } from "@lethe/contracts/errors";
import { areObjectLines, isBraced, isObject } from "./check-lines.js";
import { jsonArray, onOneLine } from "./json-array.js";
import { jsonLines } from "./json-lines.js";
import { detectJsonShape } from "./json-shape.js";
import { type ByteSource, type LineChunk, NEWLINE_BYTES } from "./line-chunk.js";
import type { ReadLimits } from "./read-limits.js";
import { withoutByteOrderMark } from "./read-lines.js";
import { isWrapper } from "./split-json.js";

/**
 * Returns the records of a text of JSON, a line each, as long as a cheap look shows that each is one: an object on each line, one
 * object, or an array of objects, which are parsed: a quote too few in each of two elements makes them one with all between them.
 * Where it does not, calls `onDoubt` and ends; what was returned until then does not count, and
 * the text is to be split by `splitJson`. Takes the unpacked bytes.
 */
export async function* readEvident(
  source: ByteSource,
  { maxRecordBytes }: ReadLimits,
  onDoubt: () => void,
): AsyncGenerator<LineChunk> {
  const shaped = await detectJsonShape(withoutByteOrderMark(source), maxRecordBytes);
  if (shaped.shape === "object") {
    for await (const whole of shaped.source) {
      if (!isBraced(whole) || isWrapper(whole)) onDoubt();
      yield { bytes: Buffer.concat([onOneLine(whole), NEWLINE_BYTES]), lines: 1 };
    }
    return;
  }
  const isArray = shaped.shape === "array";
  let areObjects = true;
  const look = (element: Buffer) => {
    areObjects &&= isObject(element);
  };
  const chunks = isArray ? jsonArray(shaped.source, maxRecordBytes, look) : jsonLines(shaped.source, maxRecordBytes);
  try {
    let lines = 0;
    for await (const chunk of chunks) {
      lines += chunk.lines;
      const isOnly = lines === 1 && !isArray;
      const isEvident = isArray ? areObjects : areObjectLines(chunk.bytes);
      if (!isEvident || (isOnly && isWrapper(chunk.bytes))) {
        onDoubt();
        return;
      }
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    // The splitter says what is wrong, or finds that one record alone is.
    onDoubt();
  }
}
