import type { Finding } from "@lethe/contracts/diagnosis";
import { readServerHealth } from "@lethe/warehouse/server-health";
import { type Check, defineCheck } from "./check.js";

/** Further apart, a file may count as quiet before it is, and a schedule fires at another time than people expect. */
const MOST_MS = 5_000;

/** This machine's clock against those of the servers. */
export const CLOCK_CHECKS: readonly Check[] = [
  defineCheck({
    name: "clock of PostgreSQL",
    question: "Do this machine and PostgreSQL agree on the time?",
    needs: ["database"],
    isQuick: true,
    find: async ({ database }) => compareClock("PostgreSQL", async () => (await readServerHealth(database)).nowMs),
  }),
  defineCheck({
    name: "clock of Redis",
    question: "Do this machine and Redis agree on the time?",
    needs: ["redis"],
    isQuick: true,
    find: async ({ redis }) =>
      compareClock("Redis", async () => {
        const [seconds, microseconds] = await redis.time();
        return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
      }),
  }),
];

/** Compares the middle of question and answer with what the server says. */
async function compareClock(server: string, read: () => Promise<number>): Promise<Finding[]> {
  const askedAt = Date.now();
  const theirs = await read();
  return clockFindings(server, (askedAt + Date.now()) / 2, theirs);
}

/** Returns what is to be said of two clocks, both in milliseconds. */
export function clockFindings(server: string, ownMs: number, theirsMs: number): Finding[] {
  const apart = theirsMs - ownMs;
  if (Math.abs(apart) <= MOST_MS) return [];
  return [
    {
      severity: "warning",
      code: "clock_differs",
      where: server,
      what: `its clock is ${Math.round(Math.abs(apart) / 1_000)} s ${apart > 0 ? "ahead of" : "behind"} this machine's`,
      remedy: "synchronise both clocks (NTP); schedules, settling of files and terms go by them",
    },
  ];
}
