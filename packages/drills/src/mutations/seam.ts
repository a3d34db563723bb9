import { fileURLToPath } from "node:url";
import type { MUTANTS } from "./mutants.js";

/** A function that a module exports and others import from it, and the mutant that takes its place for them. */
export interface Seam {
  /** The module's source, from the root of the repository. */
  readonly module: string;
  readonly name: string;
  readonly mutant: keyof typeof MUTANTS;
}

const ROOT = new URL("../../../../", import.meta.url);
const HOOK = new URL("../../seam-hook.mjs", import.meta.url);

/** Returns the options of Node with which a process of compiled files has mutants in place of the seams. */
export function seamOptions(seams: readonly Seam[]): string[] {
  const mutants = compiledUrl("packages/drills/src/mutations/mutants.ts");
  const orders = seams.map(({ module, name, mutant }) => ({ module: compiledUrl(module), name, mutants, mutant }));
  const hook = new URL(HOOK);
  hook.searchParams.set("seams", JSON.stringify(orders));
  return ["--import", hook.href];
}

/** Throws unless the compiled module of every seam exports a function of its name. */
export async function requireSeams(seams: readonly Seam[]): Promise<void> {
  for (const { module, name } of seams) {
    const exports: Record<string, unknown> = await import(compiledUrl(module));
    if (typeof exports[name] !== "function") {
      throw new Error(`${module} exports no function ${name}: name the seam in all-mutations.ts as it is called now`);
    }
  }
}

/** Returns the path of a seam's source. */
export function sourceOf({ module }: Seam): string {
  return fileURLToPath(new URL(module, ROOT));
}

function compiledUrl(module: string): string {
  return new URL(module.replace("/src/", "/dist/").replace(/\.ts$/, ".js"), ROOT).href;
}
