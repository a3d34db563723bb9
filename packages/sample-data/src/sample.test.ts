import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFECT_NAMES, DEFECTS } from "./defects.js";
import { type GenerateSummary, generateDataset } from "./generate.js";

const SAMPLE = fileURLToPath(new URL("../../../raw_data", import.meta.url));

/** The command that `raw_data/README.md` gives. */
const SAMPLE_OPTIONS = { days: 3, customers: 150, transactions: 1_000, seed: 1 };

let fresh: string;
let summary: GenerateSummary;
beforeAll(async () => {
  fresh = await mkdtemp(join(tmpdir(), "lethe-sample-"));
  summary = await generateDataset({ ...SAMPLE_OPTIONS, out: fresh });
});
afterAll(async () => {
  await rm(fresh, { recursive: true });
});

describe("raw_data", () => {
  it("is what the generator makes, file by file", async () => {
    const paths = await inputFiles(fresh);
    expect(await inputFiles(SAMPLE)).toEqual(paths);
    for (const path of paths) {
      const [made, committed] = await Promise.all([readFile(join(fresh, path)), readFile(join(SAMPLE, path))]);
      expectSameContent(made, committed, path);
    }
  });

  it("is described by its README: the command, each defect, each dataset", async () => {
    const readme = await readFile(join(SAMPLE, "README.md"), "utf8");
    expect(readme).toContain("lethe generate --days 3 --customers 150 --transactions 1000 --seed 1 --out raw_data\n");
    for (const name of DEFECT_NAMES) {
      const { dataset, rejectedAs, description } = DEFECTS[name];
      const outcome = rejectedAs === null ? "–" : `\`${rejectedAs}\``;
      expect(readme).toContain(`| ${dataset} | ${description} | ${summary.defects[name]} | ${outcome} |\n`);
    }
    for (const [dataset, { files, records, loaded }] of Object.entries(summary.datasets)) {
      expect(readme).toContain(`| ${dataset} | ${files} | ${records} | ${loaded} | ${records - loaded} |\n`);
    }
  });
});

/**
 * Compares what is packed rather than the packed bytes: builds of zlib pack the same text differently, and the sample
 * was packed by one of them. Of a file that is cut off, the shorter text must begin the longer.
 */
function expectSameContent(made: Buffer, committed: Buffer, path: string): void {
  const [a, b] = [unpackedPart(made), unpackedPart(committed)];
  if (path.includes("transactions") && isTorn(made)) {
    expect(isTorn(committed), path).toBe(true);
    const length = Math.min(a.length, b.length);
    expect(length, path).toBeGreaterThan(500);
    expect(b.subarray(0, length).equals(a.subarray(0, length)), path).toBe(true);
  } else {
    expect(isTorn(committed), path).toBe(false);
    expect(b.equals(a), path).toBe(true);
  }
}

function unpackedPart(bytes: Buffer): Buffer {
  return isGzip(bytes) ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
}

function isTorn(bytes: Buffer): boolean {
  if (!isGzip(bytes)) return false;
  try {
    gunzipSync(bytes);
    return false;
  } catch {
    return true;
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function inputFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== "README.md")
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
