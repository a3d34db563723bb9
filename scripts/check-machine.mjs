import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./root.mjs";

/** As `lethe` exits when a setting is wrong. */
const WRONG_USAGE = 2;
/** For the packages, what is built of them, and the servers' data. */
const NEEDED_BYTES = 1e9;
const REDIS_PROGRAMS = ["redis-server", "valkey-server"];
/** Other ways to a Redis: in Docker, or unpacked from Debian's package. */
const REDIS_SOURCES = ["docker", "apt-get"];

/**
 * Looks for what `npm start` needs and this machine does not have, before anything is installed or built. Ends the process
 * when something is missing, after naming all of it, each with how to mend it.
 */
export function checkMachine() {
  const missing = findMissing(lookAtMachine(process.env));
  if (missing.length === 0) return;
  console.error("Lethe cannot start on this machine yet:");
  for (const line of missing) console.error(`  - ${line}`);
  console.error("Then run `npm start` again.");
  process.exit(WRONG_USAGE);
}

/** Returns what is missing on a machine, each in a sentence that says how to mend it. */
export function findMissing(machine) {
  const { environment } = machine;
  const isSet = (name) => Boolean(environment[name]) || Boolean(environment[`${name}_FILE`]);
  const missing = [];
  if (!isSet("REDIS_URL") && ![...REDIS_PROGRAMS, ...REDIS_SOURCES].some(machine.hasProgram)) {
    missing.push(
      "There is no Redis server. Install redis-server or valkey-server so that it is on the PATH (`brew install redis`, " +
        "`sudo dnf install valkey`), start Docker, or set REDIS_URL to a Redis that runs.",
    );
  }
  if (!isSet("DATABASE_URL") && machine.isRoot && !machine.hasPostgresUser && !machine.hasProgram("useradd")) {
    missing.push(
      "PostgreSQL does not run as root, and there is no ordinary user postgres. Create that user, start Lethe as another user, " +
        "or set DATABASE_URL to a PostgreSQL that runs.",
    );
  }
  for (const { name, folder } of machine.unwritable) {
    missing.push(`${name}, ${folder}, cannot be written by this user. Change its owner or its permissions.`);
  }
  if (machine.input !== undefined) {
    missing.push(
      `RAW_DATA_DIR: there is no folder ${machine.input}. Set it to a folder that holds date=YYYY-MM-DD folders, or leave it out for the sample.`,
    );
  }
  if (!machine.isInstalled && machine.freeBytes < NEEDED_BYTES) {
    missing.push(
      `The disk of ${machine.root} has ${Math.floor(machine.freeBytes / 1e6)} MB left, and the first start needs about ${NEEDED_BYTES / 1e6} MB. Free some space.`,
    );
  }
  return missing;
}

function lookAtMachine(environment) {
  const data = path.resolve(ROOT, environment.DATA_DIR || "var");
  const places = [
    { name: "The checkout", folder: ROOT },
    { name: "DATA_DIR", folder: data },
  ];
  const input = path.resolve(ROOT, environment.RAW_DATA_DIR || "raw_data");
  const { bavail, bsize } = statfsSync(ROOT);
  return {
    environment,
    root: ROOT,
    hasProgram: (name) => hasProgram(name, environment.PATH ?? ""),
    isRoot: process.getuid?.() === 0,
    hasPostgresUser: hasPostgresUser(),
    unwritable: places.filter(({ folder }) => !isWritable(folder)),
    input: environment.RAW_DATA_DIR && !isFolder(input) ? input : undefined,
    isInstalled: existsSync(path.join(ROOT, "node_modules", ".lethe-installed")),
    freeBytes: bavail * bsize,
  };
}

function hasProgram(name, searched) {
  const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return searched.split(path.delimiter).some((folder) =>
    endings.some((ending) => {
      try {
        accessSync(path.join(folder, `${name}${ending}`), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

/** On other systems than Linux users stand elsewhere, and nobody starts Lethe as root. */
function hasPostgresUser() {
  try {
    return /^postgres:/m.test(readFileSync("/etc/passwd", "utf8"));
  } catch {
    return false;
  }
}

/** Reports whether a folder, or the nearest one above it that is there, can be written. */
function isWritable(folder) {
  if (!existsSync(folder)) return isWritable(path.dirname(folder));
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isFolder(place) {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
