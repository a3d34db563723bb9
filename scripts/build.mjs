import { ROOT, tool, toolEnvironment } from "./root.mjs";
import { runQuietly } from "./run-quietly.mjs";

/** Builds every package whose sources have changed, and bundles the programs. Returns whether all are built; turbo's cache makes nothing-to-do cheap. */
export async function build() {
  const args = ["run", "build", "bundle", "--output-logs=errors-only", "--no-update-notifier", "--ui=stream"];
  const code = await runQuietly({ doing: "Building", done: "Built" }, tool("turbo"), args, {
    cwd: ROOT,
    env: toolEnvironment(),
  });
  return code === 0;
}
