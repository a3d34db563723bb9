// `rolldown -c` in the folder of a program: makes `bundle/` of what stands in `src/`. A service has 150 modules of its own and
// 1,400 of libraries; to find and load each by itself takes Node four times as long as a few large files.
import { existsSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "rolldown";

const FOLDER = process.cwd();
const BUNDLE = path.join(FOLDER, "bundle");
const LIBRARIES = "libraries";
export default defineConfig({
  input: Object.fromEntries(
    ["main", "thread"]
      .map((name) => [name, path.join(FOLDER, "src", `${name}.ts`)])
      .filter(([, file]) => existsSync(file)),
  ),
  platform: "node",
  resolve: { conditionNames: ["source", "node"] },
  plugins: [keepPlaces(), dropMapsOfLibraries()],
  // Bull Board asks for its page's files by `eval` only where `uiBasePath` does not name them.
  checks: { eval: false },
  output: {
    dir: BUNDLE,
    cleanDir: true,
    chunkFileNames: "[name].js",
    // Node reads a module's map when it loads the module; ours are small, and name places in src/.
    sourcemap: true,
    sourcemapExcludeSources: true,
    // What only a thread needs, or only a migration, stands apart.
    codeSplitting: { groups: [{ name: LIBRARIES, test: /[\\/]node_modules[\\/]/, entriesAware: true }] },
  },
});

/** Has `import.meta.url` in other packages name the module that it is written in: they look for files beside it. */
function keepPlaces() {
  return {
    name: "keep-places",
    transform: {
      filter: { id: /[\\/]packages[\\/][^/\\]+[\\/]src[\\/]/, code: "import.meta.url" },
      handler(code, id) {
        if (id.startsWith(FOLDER + path.sep)) return null;
        const place = path.relative(BUNDLE, id).split(path.sep).join("/");
        // Lines stay where they are, and so does what the map says of them.
        return { code: code.replaceAll("import.meta.url", `new URL("${place}", import.meta.url).href`), map: null };
      },
    },
  };
}

/** They would be read at each start, and are half as large as all that is loaded. */
function dropMapsOfLibraries() {
  return {
    name: "drop-maps-of-libraries",
    generateBundle(_options, files) {
      for (const file of Object.values(files)) {
        if (file.type !== "chunk" || !file.name.startsWith(LIBRARIES)) continue;
        file.code = file.code.replace(/\/\/# sourceMappingURL=.*\s*$/, "");
        delete files[`${file.fileName}.map`];
      }
    },
  };
}
