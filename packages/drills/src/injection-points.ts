import { setTimeout } from "node:timers/promises";
import { below, type Random } from "@lethe/sample-data/random";
import { borrow, type Pool } from "@lethe/warehouse/pool";

/** Counts the changes in a ledger, so that a fault is injected at a point of the work and not at a point in time. */
export interface LedgerClock {
  /** Changes of runs since `restart`. */
  changes(): number;
  restart(): void;
  /** Resolves some milliseconds after a random one of the first `expected` changes, or when no further change comes. */
  untilInjectionPoint(random: Random, expected: number): Promise<void>;
  stop(): void;
}

const LONGEST_WAIT_MS = 15_000;
const AFTER_MS = 60;

/** Starts to listen to the ledger. When the connection is lost, which a drill may cause, it connects again. */
export function startLedgerClock(pool: Pool): LedgerClock {
  let changes = 0;
  let isStopped = false;
  let wake: (() => void)[] = [];
  const listen = async (): Promise<void> => {
    while (!isStopped) {
      try {
        const { client, lost, release } = await borrow(pool);
        const gone = new Promise<void>((resolve) => {
          lost.addEventListener("abort", () => resolve(), { once: true });
          stopListening = resolve;
        });
        client.on("notification", () => {
          changes += 1;
          for (const resolve of wake.splice(0)) resolve();
        });
        await client.query("listen lethe_runs");
        await gone;
        release("spent");
      } catch {
        await setTimeout(50);
      }
    }
  };
  let stopListening: () => void = () => undefined;
  void listen();
  return {
    changes: () => changes,
    restart() {
      changes = 0;
    },
    async untilInjectionPoint(random, expected) {
      const target = 1 + below(random, Math.max(1, expected));
      const deadline = setTimeout(LONGEST_WAIT_MS, "late" as const, { ref: false });
      while (changes < target) {
        const change = new Promise<"change">((resolve) => wake.push(() => resolve("change")));
        if ((await Promise.race([change, deadline])) === "late") break;
      }
      await setTimeout(below(random, AFTER_MS));
    },
    stop() {
      isStopped = true;
      stopListening();
      wake = [];
    },
  };
}
