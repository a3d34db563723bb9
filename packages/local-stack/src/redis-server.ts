import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { installDebianRedis } from "./debian-redis.js";
import { findFreePort } from "./free-port.js";
import type { ServerSpec } from "./keeper-process.js";
import { runProgram } from "./run-program.js";

export type RedisSource = "server" | "docker" | "debian-package";

export interface PreparedRedis {
  readonly spec: ServerSpec;
  readonly redisUrl: string;
  readonly source: RedisSource;
}

interface Program {
  readonly source: RedisSource;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

const IMAGE = "redis:7-alpine";
// What BullMQ asks for.
const OLDEST_VERSION = [6, 2] as const;
const IMAGE_PULL_MS = 180_000;
const DOCKER_ANSWER_MS = 5_000;

/**
 * Finds a Redis server (on the PATH, in Docker, in Debian's package: the first that works), writes its settings below
 * `directory` and returns how to start it and its URL. The password is new at every start and stands only in a file of mode 0600.
 *
 * Throws ConfigurationError that names the ways out when no server is to be had.
 */
export async function prepareRedis(directory: string, onNote: (note: string) => void): Promise<PreparedRedis> {
  const program = await findProgram(onNote);
  const folder = path.join(directory, "redis");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const port = await findFreePort();
  const password = randomBytes(24).toString("hex");
  const inDocker = program.source === "docker";
  const settingsFile = path.join(folder, "redis.conf");
  const settings = inDocker
    ? settingsText({ bind: "0.0.0.0", port: 6379, folder: "/data", password })
    : settingsText({ bind: "127.0.0.1", port, folder, password });
  await writeFile(settingsFile, settings, { mode: 0o600 });
  return {
    source: program.source,
    redisUrl: `redis://:${password}@127.0.0.1:${port}`,
    spec: {
      name: "Redis",
      command: program.command,
      args: inDocker ? dockerArguments(folder, port) : [settingsFile],
      cwd: folder,
      env: program.env,
      user: undefined,
      stopSignal: "SIGTERM",
      readyText: "Ready to accept connections",
      logFile: path.join(directory, "redis.log"),
    },
  };
}

/** Reports whether a Docker engine answers; the docker program alone proves nothing. */
async function dockerAnswers(): Promise<boolean> {
  const server = await runProgram("docker", ["version", "--format", "{{.Server.Version}}"], {
    timeoutMs: DOCKER_ANSWER_MS,
  });
  return server.ok;
}

async function findProgram(onNote: (note: string) => void): Promise<Program> {
  const refusals: string[] = [];
  for (const command of ["redis-server", "valkey-server"]) {
    const version = await runProgram(command, ["--version"]);
    if (isRecent(version.output)) return { source: "server", command, env: {} };
    if (version.ok) refusals.push(`${command} on the PATH is older than ${OLDEST_VERSION.join(".")}`);
  }
  if (await dockerAnswers()) {
    const present = await runProgram("docker", ["image", "inspect", IMAGE]);
    const image = present.ok ? present : await runProgram("docker", ["pull", IMAGE], { timeoutMs: IMAGE_PULL_MS });
    if (image.ok) return { source: "docker", command: "docker", env: {} };
    refusals.push(`Docker has no image ${IMAGE}: ${image.problem}`);
  }
  for (const refusal of refusals) onNote(refusal);
  const debian = await installDebianRedis(onNote);
  if (debian.ok) return { source: "debian-package", command: debian.command, env: debian.env };
  throw new ConfigurationError(
    [
      "No Redis server was found. Any one of these helps:",
      "  - set REDIS_URL to a Redis that runs,",
      "  - install redis-server or valkey-server so that it is on the PATH,",
      "  - start Docker,",
      `  - on Debian or Ubuntu, let apt-get download packages (it was tried: ${debian.problem}).`,
      ...refusals.map((refusal) => `(${refusal})`),
    ].join("\n"),
  );
}

/** Reads the version of `Redis server v=7.0.15 sha=...` or `Valkey server v=8.1.1 ...`. */
export function isRecent(versionLine: string): boolean {
  const match = / v=(\d+)\.(\d+)/.exec(versionLine);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor >= OLDEST_VERSION[1]);
}

function settingsText(place: { bind: string; port: number; folder: string; password: string }): string {
  const settings = [
    ["bind", place.bind],
    ["port", String(place.port)],
    ["requirepass", place.password],
    ["dir", place.folder],
    ["appendonly", "yes"],
    ["save", ""],
    // A queue that evicts jobs loses them; BullMQ asks for this.
    ["maxmemory-policy", "noeviction"],
    ["daemonize", "no"],
  ];
  return settings.map(([name, value]) => `${name} ${JSON.stringify(value)}\n`).join("");
}

/** `docker run` in the foreground hands on the signal that stops it, so it is kept like any other server. */
function dockerArguments(folder: string, port: number): string[] {
  const own = process.getuid === undefined ? [] : ["--user", `${process.getuid()}:${process.getgid?.() ?? 0}`];
  const published = ["--publish", `127.0.0.1:${port}:6379`, "--volume", `${folder}:/data`];
  return ["run", "--rm", ...own, ...published, IMAGE, "redis-server", "/data/redis.conf"];
}
