import fc from "fast-check";
import { expect, it } from "vitest";
import { createByteSink } from "./byte-sink.js";

it("gives the bytes of what was appended, in order, and counts them on the way", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.integer({ min: 100_000, max: 500_000 }).map((n) => "é".repeat(n)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (texts) => {
      const sink = createByteSink();
      let bytes = 0;
      for (const part of texts) {
        sink.append(part);
        bytes += Buffer.byteLength(part);
        expect(sink.length()).toBe(bytes);
      }
      expect(Buffer.concat(sink.take()).toString()).toBe(texts.join(""));
    }),
    { numRuns: 50 },
  );
});
