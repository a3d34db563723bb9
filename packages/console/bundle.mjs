// Builds the console's pages to `bundle/`: one script for what all pages need, one for each page, the style sheet, and the document
// that names them. Names hold a hash of the content, so that a browser keeps each for ever. Everything is compressed here, once,
// and not at each request. Turbo keeps no copy of it: it would put the files of one build beside those of another.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const FOLDER = import.meta.dirname;
const BUNDLE = path.join(FOLDER, "bundle");
const ASSETS = path.join(BUNDLE, "assets");
/** In the order in which they apply. */
const STYLES = ["tokens", "base", "parts", "pages"].map((name) => path.join(FOLDER, "src", "style", `${name}.css`));

rmSync(BUNDLE, { recursive: true, force: true });
mkdirSync(ASSETS, { recursive: true });
const script = await bundleScripts();
const style = writeStyle();
writeFileSync(path.join(ASSETS, "icon.svg"), readFileSync(path.join(FOLDER, "icon.svg")));
const document = readFileSync(path.join(FOLDER, "index.html"), "utf8")
  .replace("{script}", `/assets/${script}`)
  .replace("{style}", `/assets/${style}`);
writeFileSync(path.join(BUNDLE, "index.html"), document);
for (const name of readdirSync(ASSETS)) compress(path.join(ASSETS, name));

/** Returns the name of the script that the document loads. */
async function bundleScripts() {
  const build = await rolldown({
    input: { console: path.join(FOLDER, "src", "main.tsx") },
    platform: "browser",
    resolve: { conditionNames: ["source", "browser", "import"] },
    transform: { target: "es2022" },
  });
  const { output } = await build.write({
    dir: ASSETS,
    minify: true,
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
  });
  await build.close();
  return output.find(({ isEntry }) => isEntry).fileName;
}

function writeStyle() {
  const content = [...STYLES, path.join(FOLDER, "node_modules", "uplot", "dist", "uPlot.min.css")]
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const name = `console-${createHash("sha256").update(content).digest("hex").slice(0, 8)}.css`;
  writeFileSync(path.join(ASSETS, name), content);
  return name;
}

/** Leaves small files alone: compressed, they would take as many packets. */
function compress(file) {
  const content = readFileSync(file);
  if (content.length < 1_024) return;
  writeFileSync(`${file}.br`, brotliCompressSync(content));
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}
