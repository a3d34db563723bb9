// `node infra/stage-image.mjs FOLDER` puts all that the production image holds, and nothing else, into a new folder: the
// bundles of the services and the command, the database's scripts, and the few files of libraries that bundles read as they run. The Dockerfile
// copies that folder; a test runs the services from one.
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The programs, each with what stands beside its bundle. */
const PROGRAMS = [
  ...readdirSync(path.join(ROOT, "services")).map((name) => ({ folder: `services/${name}`, files: ["bundle"] })),
  { folder: "packages/cli", files: ["bundle", "bin"] },
];

/** Files of libraries that are looked up as the services run, by the package whose code asks for them. Everything else is in the bundles. */
const LIBRARY_FILES = [
  { from: "packages/datasets", library: "i18n-iso-countries", files: ["langs"] },
  { from: "packages/datasets", library: "world-countries", files: ["countries.json"] },
  { from: "services/scheduler", library: "@lethe/console", files: ["bundle"] },
  { from: "services/scheduler", library: "@bull-board/ui", files: ["dist"] },
  { from: "services/scheduler", library: "@fastify/swagger-ui", files: ["index.js", "static"] },
];

/** Stages the image's files in a folder that is not there yet. Throws when something of them is not built. */
export function stageImage(target) {
  mkdirSync(target, { recursive: false });
  const put = (file) => cpSync(path.join(ROOT, file), path.join(target, file), { recursive: true });
  for (const { folder, files } of PROGRAMS) {
    for (const file of files) put(`${folder}/${file}`);
    // Node learns from it that the bundle is of ES modules.
    writeFileSync(path.join(target, folder, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
  }
  for (const { from, library, files } of LIBRARY_FILES) {
    const source = folderOf(library, from);
    const place = path.join(target, "node_modules", library);
    mkdirSync(place, { recursive: true });
    // The libraries' own: their paths are resolved by it. What they depend on is in the bundles.
    const notices = readdirSync(source).filter((file) => /^licen[cs]e/i.test(file));
    for (const file of ["package.json", ...notices, ...files]) {
      cpSync(path.join(source, file), path.join(place, file), { recursive: true, dereference: true, force: true });
    }
  }
  put("sql-scripts");
  put("infra/healthcheck.mjs");
  put("LICENSE");
}

function folderOf(library, from) {
  const places = createRequire(path.join(ROOT, from, "package.json")).resolve.paths(library) ?? [];
  const found = places
    .map((place) => path.join(place, library))
    .find((folder) => existsSync(path.join(folder, "package.json")));
  if (found === undefined) throw new Error(`${library} is not installed for ${from}`);
  return realpathSync(found);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) stageImage(path.resolve(process.argv[2]));
