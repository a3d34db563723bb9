import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** PgBouncer's program, where this machine has one; Debian's package puts it where only root's PATH leads. */
export const PGBOUNCER = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
  .map((folder) => join(folder, "pgbouncer"))
  .find((file) => existsSync(file));

export interface Pgbouncer {
  /** Returns the URL of a server's database by way of PgBouncer. */
  urlOf(databaseUrl: string): string;
  stop(): Promise<void>;
}

/** Starts PgBouncer before the server of a URL, whose login it uses; `settings` are lines of pgbouncer.ini. */
export async function startPgbouncer(
  serverUrl: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<Pgbouncer> {
  if (PGBOUNCER === undefined) throw new Error("this machine has no PgBouncer");
  const server = new URL(serverUrl);
  const user = decodeURIComponent(server.username);
  const password = decodeURIComponent(server.password);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "lethe-pgbouncer-"));
  await chmod(folder, 0o755);
  await writeFile(join(folder, "users.txt"), `"${user}" "${password}"\n`, { mode: 0o644 });
  const lines = Object.entries({
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: join(folder, "users.txt"),
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`);
  const configuration = [
    "[databases]",
    `* = host=${server.hostname} port=${server.port}`,
    "[pgbouncer]",
    ...lines,
    "",
  ].join("\n");
  await writeFile(join(folder, "pgbouncer.ini"), configuration, { mode: 0o644 });
  // It does not run as root.
  const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(PGBOUNCER, [...asUser, join(folder, "pgbouncer.ini")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exited = once(child, "exit");
  await Promise.race([
    untilOpen(port),
    exited.then(() => {
      throw new Error(`PgBouncer did not start:\n${log}`);
    }),
  ]);
  return {
    urlOf(databaseUrl) {
      const url = new URL(databaseUrl);
      url.hostname = "127.0.0.1";
      url.port = String(port);
      return url.href;
    },
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000);
      await exited;
      clearTimeout(timer);
      await rm(folder, { recursive: true });
    },
  };
}

async function untilOpen(port: number): Promise<void> {
  for (;;) {
    const socket = connect({ port, host: "127.0.0.1" });
    try {
      await once(socket, "connect");
      return;
    } catch {
      // Not yet: the program has no other sign of being ready that all its versions have.
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address with a port");
  return address.port;
}
