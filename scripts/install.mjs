import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./root.mjs";
import { runQuietly } from "./run-quietly.mjs";

const STAMP = path.join(ROOT, "node_modules", ".lethe-installed");

/**
 * Installs the packages that pnpm-lock.yaml names, unless the last install was of the same ones for the same Node and
 * machine. Needs only npm: pnpm comes by npx, at the version that package.json pins. Returns whether they are there.
 */
export async function install() {
  const wanted = stampOfNow();
  if (readStamp() === wanted) return true;
  const { packageManager } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const npx = process.platform === "win32" ? "npx.cmd" : "npx";
  const code = await runQuietly(
    { doing: "Installing packages", done: "Installed packages" },
    npx,
    // No terminal is attached, so pnpm must not ask whether it may replace node_modules.
    ["--yes", packageManager, "install", "--frozen-lockfile", "--config.confirm-modules-purge=false"],
    { cwd: ROOT, shell: process.platform === "win32" },
  );
  if (code !== 0) {
    console.error(
      "The packages could not be installed (see above). The first start needs a network that reaches npm's registry, and about 1 GB of " +
        "free space; behind a proxy, set HTTPS_PROXY, or npm's setting `registry`. Then run `npm start` again.",
    );
    return false;
  }
  writeFileSync(STAMP, wanted);
  return true;
}

function stampOfNow() {
  const { platform, arch, versions } = process;
  return createHash("sha256")
    .update(readFileSync(path.join(ROOT, "pnpm-lock.yaml")))
    .update([platform, arch, versions.modules].join(" "))
    .digest("hex");
}

function readStamp() {
  try {
    return readFileSync(STAMP, "utf8");
  } catch {
    return undefined;
  }
}
