// Loaded into each service of a mutation drill before its own code: named exports of named modules are replaced by mutants.
// `?seams=` holds the seams as JSON, see `src/mutations/seam.ts`. Nothing in the built files changes.
import { register } from "node:module";

const given = new URL(import.meta.url).searchParams.get("seams");
if (given !== null) register(new URL("./seam-hook.mjs", import.meta.url), { data: JSON.parse(given) });

// What follows runs in the thread in which Node runs hooks.
let seams = [];

export function initialize(data) {
  seams = data;
}

/** Gives importers of a module with seams a module in front of it: its exports are the original's, but for the mutants. */
export async function load(url, context, nextLoad) {
  const own = seams.filter(({ module }) => module === url);
  if (own.length === 0) return nextLoad(url, context);
  const original = JSON.stringify(`${url}?original`);
  const lines = own.flatMap(({ name, mutants, mutant }, i) => [
    `import { MUTANTS as mutants${i} } from ${JSON.stringify(mutants)};`,
    `if (typeof original.${name} !== "function") throw new Error("seam: ${url} exports no function ${name}");`,
    `if (mutants${i}.${mutant} === undefined) throw new Error("seam: there is no mutant ${mutant}");`,
    `const replaced${i} = mutants${i}.${mutant}(original.${name});`,
    `export { replaced${i} as ${name} };`,
  ]);
  const source = [`import * as original from ${original};`, `export * from ${original};`, ...lines].join("\n");
  return { format: "module", source, shortCircuit: true };
}
