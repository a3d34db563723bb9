// `npm run audit`: asks the registry for advisories about what runs in production. Exit code 1 when there are grave ones.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { auditOutcome } from "./audit-outcome.mjs";
import { ROOT, tool, toolEnvironment } from "./root.mjs";

const WITHIN_MS = 60_000;

/** Asks, and returns `auditOutcome`. A registry that does not answer within a minute has not answered. */
export function audit() {
  return new Promise((resolve) => {
    execFile(
      tool("pnpm"),
      ["audit", "--prod", "--audit-level", "high", "--json"],
      {
        cwd: ROOT,
        // Not again and again: without a network the whole suite would wait.
        env: { ...toolEnvironment(), npm_config_fetch_retries: "0" },
        timeout: WITHIN_MS,
        maxBuffer: 64 * 1024 * 1024,
        shell: process.platform === "win32",
      },
      (error, output) => {
        if (error?.killed && error.signal === "SIGTERM") {
          resolve({ outcome: "not possible", reason: "no registry answered within a minute" });
        } else {
          resolve(auditOutcome(output, error === null ? 0 : (error.code ?? 1)));
        }
      },
    );
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outcome, reason } = await audit();
  console.log(`${outcome}: ${reason}`);
  process.exitCode = outcome === "failed" ? 1 : 0;
}
