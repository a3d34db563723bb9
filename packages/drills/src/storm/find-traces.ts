import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathsBelow } from "@lethe/test-kit/folders";
import { type Finding, wrong } from "../check/finding.js";
import type { Cluster } from "../cluster/cluster.js";
import type { Day } from "./days.js";

/** Looks for what services have written since the last call: what is no log line, and values of people. */
export interface TraceFinder {
  find(days: readonly Day[]): Promise<Finding[]>;
}

/** Values that `makeFeed` gives people alone. */
const PERSONAL = /person\.\d{6}@|first\d{6}|last\d{6}|house \d{6}|home \d{6}|city\d{6}|\+44 20 7946/i;
/** A number that stands as a text, and not as a count, a size or a part of something longer. */
const NUMBER = /(?<![0-9a-f.:,-])\d{6}(?![0-9a-f.-])/g;
/** BullMQ's own warning, while a drill lets Redis evict keys. Lethe says it, too, and as it says everything. */
const OF_A_LIBRARY = 'IMPORTANT! Eviction policy is allkeys-random. It should be "noeviction"';
/** What a service says that could not start because something was away, or the disk was full. */
const COULD_NOT_START = /^\w+ cannot go on: .* \((?!unexpected\))[a-z_]+\)$/;
const SHOWN = 300;

/** Creates a finder for the logs of services and for what Redis has on disk. */
export function createTraceFinder(cluster: Cluster): TraceFinder {
  const seen = new Map<string, number>();
  return {
    async find(days) {
      const ids = new Set(days.flatMap(({ answer }) => answer.people));
      const isPersonal = (text: string) =>
        PERSONAL.test(text) || [...text.matchAll(NUMBER)].some(([number]) => ids.has(number));
      const findings: Finding[] = [];
      const logs = join(cluster.folder, "logs");
      for (const name of await readdir(logs)) {
        const text = await readFile(join(logs, name), "utf8");
        const lines = text.slice(seen.get(name) ?? 0).split("\n");
        seen.set(name, text.length - (lines.at(-1)?.length ?? 0));
        for (const line of lines.slice(0, -1)) {
          if (!isJson(line) && !COULD_NOT_START.test(line) && line !== OF_A_LIBRARY) {
            findings.push(wrong(`${name} has a line that is no JSON: ${line.slice(0, SHOWN)}`));
          }
          if (isPersonal(line)) findings.push(wrong(`${name} names a person: ${line.slice(0, SHOWN)}`));
        }
      }
      const servers = join(cluster.folder, "servers");
      for (const path of (await pathsBelow(servers)).filter((one) => /appendonlydir\/.*\.(aof|rdb)$/.test(one))) {
        const lines = (await readFile(join(servers, path), "latin1")).split("\n");
        const named = lines.find(isPersonal);
        if (named !== undefined) findings.push(wrong(`Redis holds a person: ${named.slice(0, SHOWN)}`));
      }
      return findings;
    },
  };
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
