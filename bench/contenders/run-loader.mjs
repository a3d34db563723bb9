import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/**
 * Runs a loader script of this folder as a process of its own over a folder of input. Returns the seconds from its start to
 * its end. Throws when it fails.
 */
export async function runLoader(script, databaseUrl, input, most = Number.MAX_SAFE_INTEGER) {
  const startedAt = performance.now();
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [file, input, String(most)], {
    // By the environment, since the URL holds a password and anyone can read arguments.
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${script} ended with exit code ${code}`);
  return { seconds: (performance.now() - startedAt) / 1_000 };
}
