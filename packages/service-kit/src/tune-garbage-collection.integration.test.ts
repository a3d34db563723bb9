import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";

/** Has the heap collected in full, of which V8 tells by how much it may grow from there. */
const PROGRAM = `
  const { tuneGarbageCollection } = await import(process.argv[1]);
  tuneGarbageCollection();
  globalThis.gc();
`;

it("lets the heap grow to three times what is alive, by V8's own word", async () => {
  const built = new URL("../dist/tune-garbage-collection.js", import.meta.url).href;
  const flags = ["--expose-gc", "--trace-gc-verbose", "--input-type=module"];
  const child = spawn(process.execPath, [...flags, "--eval", PROGRAM, built], { stdio: ["ignore", "pipe", "inherit"] });
  const limits = [...(await text(child.stdout)).matchAll(/new limit: \d+ KB \(([\d.]+)\)/g)];
  expect(limits.length).toBeGreaterThan(0);
  expect(limits.at(-1)?.[1]).toBe("3.0");
});
