import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Creates a folder with these files, by path; it goes when the test ends. */
export async function dataFolderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), "lethe-extractor-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(data, path)), { recursive: true });
    await writeFile(join(data, path), content);
  }
  return data;
}

/** Creates a data folder with these files in landing, by path there; it goes when the test ends. */
export async function landingOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const inLanding = Object.entries(files).map(([path, content]) => [`landing/${path}`, content] as const);
  const data = await dataFolderOf(Object.fromEntries(inLanding));
  await mkdir(join(data, "landing"), { recursive: true });
  return data;
}
