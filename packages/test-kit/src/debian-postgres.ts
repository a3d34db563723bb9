import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const VERSIONS = "/usr/lib/postgresql";

/** Folders of the programs of Debian's PostgreSQL, oldest version first; where there is none, of none. */
export const DEBIAN_POSTGRES: readonly string[] = existsSync(VERSIONS)
  ? readdirSync(VERSIONS)
      .sort((one, other) => Number(one) - Number(other))
      .map((version) => join(VERSIONS, version, "bin"))
      .filter((programs) => existsSync(join(programs, "postgres")) && existsSync(join(programs, "initdb")))
  : [];

/** A server of one's own, to be set up as no shared one may be. */
export interface DebianPostgres {
  /** URL of its database `postgres` with a superuser's login. */
  readonly url: string;
  /** Stops it, and starts it again with further settings; as a standby if so wanted. */
  restart(settings: Readonly<Record<string, string | number>>, kind?: "primary" | "standby"): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** Creates a server of the programs in a folder of `DEBIAN_POSTGRES` and starts it. */
export async function startDebianPostgres(
  programs: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<DebianPostgres> {
  // PostgreSQL does not run as root.
  const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  const folder = await mkdtemp(join(tmpdir(), "lethe-postgres-"));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const environment = { cwd: folder, env: { LC_ALL: "C", PATH: process.env.PATH }, ...user };
  execFileSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "lethe", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
    environment,
  );
  const port = await freePort();
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server === undefined || server.exitCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGINT");
    await ended;
  };
  const start = async (values: Readonly<Record<string, string | number>>) => {
    const all = { listen_addresses: "127.0.0.1", unix_socket_directories: "", port, ...values };
    const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    server = spawn(join(programs, "postgres"), ["-D", data, ...args], {
      ...environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    await untilReady(server);
  };
  await start(settings);
  return {
    url: `postgres://lethe@127.0.0.1:${port}/postgres`,
    async restart(values, kind = "primary") {
      await stop();
      if (kind === "standby") await writeFile(join(data, "standby.signal"), "");
      else await rm(join(data, "standby.signal"), { force: true });
      await start(values);
    },
    async remove() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function idOf(option: "-u" | "-g"): number {
  return Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (/database system is ready to accept (read-only )?connections/.test(log)) resolve();
    });
    server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address with a port");
  return address.port;
}
