import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError, PathRefusedError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Area, Content, Storage, WriteOptions } from "../src/storage.js";

export const AREAS: readonly Area[] = ["landing", "claimed", "staging", "processed", "archived", "quarantined"];

const KEY = "date=2020-01-01/hour=05/customers.json";
const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));

/** Describes what every storage does. `open` returns an empty one; it sees to it that the storage goes when the test ends. */
export function describeStorage(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await open();
    });

    const put = async (area: Area, key: string, content: string | Content, options?: WriteOptions) => {
      const whole = typeof content === "string" ? [Buffer.from(content)] : content;
      const written = await storage.write(area, key, whole, options);
      await written.commit();
      return written.bytes;
    };
    const text = async (area: Area, key: string) => (await storage.read(area, key))?.toString();
    const names = async (area: Area, folder: string) => {
      const found: string[] = [];
      for await (const entry of storage.list(area, folder)) found.push(`${entry.kind} ${entry.name}`);
      return found.sort();
    };

    describe.each(AREAS)("in %s", (area) => {
      it("gives back what was written, at once or as it comes, however it is read", async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), fc.boolean(), async (content, asStream) => {
            const whole = Buffer.concat(content);
            expect(await put(area, KEY, asStream ? streamOf(content) : content)).toBe(whole.length);
            expect(await storage.read(area, KEY)).toEqual(whole);
            expect(await storage.size(area, KEY)).toBe(whole.length);
            const file = await storage.open(area, KEY);
            expect(file?.size).toBe(whole.length);
            for (const pieceBytes of [1, 7, undefined]) {
              const pieces = await piecesOf(file?.bytes(pieceBytes));
              expect(Buffer.concat(pieces)).toEqual(whole);
              expect(pieces.every(({ length }) => length > 0 && length <= (pieceBytes ?? length))).toBe(true);
            }
            await file?.close();
          }),
          { numRuns: 20 },
        );
      });

      it("shows a file once it is committed, and until then what was there", async () => {
        await put(area, KEY, "old");
        const written = await storage.write(area, KEY, [Buffer.from("new one")]);
        expect([await text(area, KEY), written.bytes]).toEqual(["old", 7]);
        await written.commit();
        expect(await text(area, KEY)).toBe("new one");
      });

      it("lists no file that is not committed, and keeps nothing of one that is discarded", async () => {
        const written = await storage.write(area, KEY, [Buffer.from("never")]);
        expect(await names(area, "date=2020-01-01/hour=05")).toEqual([]);
        await written.discard();
        expect(await storage.open(area, KEY)).toBeUndefined();
      });

      it("keeps what was there when the source of a new file fails", async () => {
        await put(area, KEY, "old");
        await expect(storage.write(area, KEY, failing("half"))).rejects.toThrow("the source gave way");
        expect(await text(area, KEY)).toBe("old");
        expect(await names(area, "date=2020-01-01/hour=05")).toEqual(["file customers.json"]);
      });

      it("has nothing where nothing was written", async () => {
        expect(await storage.open(area, KEY)).toBeUndefined();
        expect(await storage.read(area, KEY)).toBeUndefined();
        expect(await storage.size(area, KEY)).toBeUndefined();
        expect(await names(area, "")).toEqual([]);
        expect(await names(area, "date=2020-01-01")).toEqual([]);
      });

      it("removes files, and a folder with all that is in it; a second time it is no error", async () => {
        for (const key of ["a/b/1", "a/b/2", "a/3", "c/4"]) await put(area, key, key);
        for (let i = 0; i < 2; i++) {
          await storage.remove(area, ["a/b/1", "c/4", "never/was"]);
          expect([await names(area, ""), await names(area, "a/b")]).toEqual([["folder a"], ["file 2"]]);
        }
        for (let i = 0; i < 2; i++) {
          await storage.removeFolder(area, "a");
          expect(await names(area, "")).toEqual([]);
        }
      });

      it.each(["../outside", "a/../../outside", "/outside", "a//b", "a/./b", "", ".", "..", "a/", "a\0b"])(
        "refuses the key %j",
        async (key) => {
          const refused = async (work: () => Promise<unknown>) =>
            expect((async () => work())()).rejects.toThrow(PathRefusedError);
          await refused(() => storage.open(area, key));
          await refused(() => storage.read(area, key));
          await refused(() => storage.size(area, key));
          await refused(() => storage.write(area, key, [Buffer.from("out")]));
          await refused(() => storage.remove(area, [key]));
          await refused(() => storage.removeFolder(area, key));
          await refused(() => storage.move(area, "archived", [{ key, newKey: "a" }]));
          await refused(() => storage.move("landing", area, [{ key: "a", newKey: key }]));
          if (key !== "") await refused(() => names(area, key));
        },
      );
    });

    it("keeps areas apart", async () => {
      for (const area of AREAS) await put(area, KEY, area);
      for (const area of AREAS) expect(await text(area, KEY)).toBe(area);
      await storage.removeFolder("archived", "date=2020-01-01");
      expect(await Promise.all(AREAS.map((area) => text(area, KEY)))).toEqual(
        AREAS.map((area) => (area === "archived" ? undefined : area)),
      );
    });

    it("lists one level of a folder, and may be left before its end", async () => {
      for (const key of ["a/1", "a/2", "a/b/3", "c"]) await put("landing", key, key);
      expect(await names("landing", "")).toEqual(["file c", "folder a"]);
      expect(await names("landing", "a")).toEqual(["file 1", "file 2", "folder b"]);
      for await (const { name } of storage.list("landing", "a")) {
        expect(["1", "2", "b"]).toContain(name);
        break;
      }
    });

    it("writes behind the first bytes of what is there, behind fewer where there are not as many", async () => {
      for (const [old, after, expected] of [
        [undefined, 4, "new"],
        ["", 4, "new"],
        ["committed", 0, "new"],
        ["committed", 6, "commitnew"],
        ["committed", 9, "committednew"],
        ["committed", 50, "committednew"],
      ] as const) {
        await storage.remove("processed", [KEY]);
        if (old !== undefined) await put("processed", KEY, old);
        expect(await put("processed", KEY, "new", { after })).toBe(expected.length);
        expect(await text("processed", KEY)).toBe(expected);
      }
    });

    it("does not take over what a writer that ended has left of a file", async () => {
      await put("processed", KEY, "committed");
      await storage.write("processed", KEY, [Buffer.from(" and half of what comes, or more")], { after: 9 });
      await put("processed", KEY, " whole", { after: 9 });
      expect(await text("processed", KEY)).toBe("committed whole");
      await storage.write("processed", KEY, [Buffer.from("a longer one")]);
      await put("processed", KEY, "short");
      expect(await text("processed", KEY)).toBe("short");
    });

    it("lets whoever has a file open read it to its end, when another takes its place or it goes", async () => {
      await put("archived", KEY, "the old one");
      const file = await storage.open("archived", KEY);
      const pieces = file?.bytes(4)[Symbol.asyncIterator]();
      expect((await pieces?.next())?.value?.toString()).toBe("the ");
      await put("archived", KEY, "another");
      await storage.remove("archived", [KEY]);
      expect((await pieces?.next())?.value?.toString()).toBe("old ");
      expect(Buffer.concat(await piecesOf(file?.bytes())).toString()).toBe("the old one");
      await file?.close();
    });

    it("keeps one of several writes to staging that happen at once whole", async () => {
      const write = (letter: string) =>
        put(
          "staging",
          "run/batch/object",
          Array.from({ length: 3_000 }, () => Buffer.from(letter)),
        );
      await Promise.all([write("a"), write("b"), write("c")]);
      expect(await text("staging", "run/batch/object")).toMatch(/^(a{3000}|b{3000}|c{3000})$/);
      expect(await names("staging", "run/batch")).toEqual(["file object"]);
    });

    it("writes many pieces and large ones", async () => {
      const many = Array.from({ length: 5_000 }, (_, i) => Buffer.from(`${i}\n`));
      const large = Array.from({ length: 5 }, (_, i) => Buffer.alloc(700_000, String(i)));
      const content = [...many, ...large, ...many];
      await put("archived", KEY, content);
      expect((await storage.read("archived", KEY))?.equals(Buffer.concat(content))).toBe(true);
    });

    it("moves files onto what has their new keys, and says which were not there", async () => {
      const keys = Array.from({ length: 40 }, (_, i) => `date=2020-01-0${(i % 2) + 1}/hour=05/customers.${i}.json`);
      for (const key of keys) await put("landing", key, key);
      await put("archived", "0", "what was there");
      const moves = [...keys, "never/was"].map((key, i) => ({ key, newKey: i === 0 ? "0" : `kept/${key}` }));
      const expected = [...keys.map(() => true), false];
      expect(await storage.move("landing", "archived", moves)).toEqual(expected);
      expect(await Promise.all(moves.map(({ newKey }) => text("archived", newKey)))).toEqual([...keys, undefined]);
      expect(await names("landing", "")).toEqual([]);
      expect(await storage.move("landing", "archived", moves)).toEqual(expected.map(() => false));
    });

    it("leaves what is committed when it removes what crashed writers have left", async () => {
      for (const area of AREAS) await put(area, KEY, area);
      await storage.write("landing", "date=2020-01-01/hour=05/never.json", [Buffer.from("never")]);
      await storage.removeAbandoned(-1_000);
      for (const area of AREAS) expect(await text(area, KEY)).toBe(area);
    });

    it("can be read", async () => {
      await expect(storage.requireReadable()).resolves.toBeUndefined();
    });

    it("copies a folder of input into landing and leaves it as it is", async () => {
      const input = await mkdtemp(join(tmpdir(), "lethe-input-"));
      onTestFinished(() => rm(input, { recursive: true }));
      await mkdir(join(input, "date=2020-01-01/hour=05"), { recursive: true });
      await writeFile(join(input, KEY), "record");
      await writeFile(join(input, "README.md"), "about");
      await expect(storage.requireInput(input)).resolves.toBeUndefined();
      const copied = await storage.copyInput(input, new AbortController().signal);
      expect(copied).toEqual({ files: 1, bytes: 6, failures: [] });
      expect(await text("landing", KEY)).toBe("record");
      expect(await names("landing", "")).toEqual(["folder date=2020-01-01"]);
      await expect(storage.requireInput(join(input, "nowhere"))).rejects.toThrow(ConfigurationError);
    });
  });
}

async function* streamOf(content: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* content;
}

async function* failing(start: string): AsyncGenerator<Buffer> {
  yield Buffer.from(start);
  throw new Error("the source gave way");
}

async function piecesOf(source: AsyncIterable<Buffer> = streamOf([])): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return pieces;
}
