/** How often what repeats may be said, and how much is remembered of it. */
export interface RepeatLimits {
  /** Milliseconds between two lines about the same thing. */
  readonly everyMs: number;
  /** Things that are remembered at once. Of more, the one that was quiet for longest is forgotten. */
  readonly maxThings: number;
  /** Lines of one family in `everyMs`, however they differ. */
  readonly maxOfFamily: number;
}

const LIMITS: RepeatLimits = { everyMs: 30_000, maxThings: 500, maxOfFamily: 50 };

/** What is said when time has come: how often something was held back, and how often in all since it began. */
export type Report = (heldBack: number, inAll: number, hasEnded: boolean) => void;

export interface RepeatFilter {
  /**
   * Reports whether a line is to be printed now. One that is held back is counted. While it comes again, `report` of the last such
   * line is called every half a minute; and once more when it has not come for half a minute.
   */
  isNews(thing: string, family: string, report: Report): boolean;
  /** Reports at once what was held back, and forgets everything. */
  end(): void;
}

interface Thing {
  heldBack: number;
  inAll: number;
  saidAt: number;
  cameAt: number;
  report: Report;
}

/** Of `everyMs`, the part after which it is looked what is due. */
const PARTS = 6;

/** Creates a filter that lets the first of many equal lines through and counts the others. Its timer keeps no process alive. */
export function createRepeatFilter(limits: RepeatLimits = LIMITS): RepeatFilter {
  const { everyMs, maxThings, maxOfFamily } = limits;
  // In the order in which they last came, so that the first is the one that was quiet for longest.
  const things = new Map<string, Thing>();
  const families = new Map<string, number>();
  let familiesSince = performance.now();
  let timer: NodeJS.Timeout | undefined;

  function say(thing: Thing, hasEnded: boolean): void {
    const { heldBack, inAll, report } = thing;
    thing.heldBack = 0;
    thing.saidAt = performance.now();
    report(heldBack, inAll, hasEnded);
  }

  function tick(): void {
    const now = performance.now();
    if (now - familiesSince >= everyMs) {
      families.clear();
      familiesSince = now;
    }
    for (const [key, thing] of [...things]) {
      if (now - thing.cameAt >= everyMs) {
        things.delete(key);
        if (thing.inAll > 1) say(thing, true);
      } else if (thing.heldBack > 0 && now - thing.saidAt >= everyMs) say(thing, false);
    }
    if (things.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function forgetOldest(): void {
    const [oldest] = things;
    if (oldest === undefined) return;
    things.delete(oldest[0]);
    if (oldest[1].heldBack > 0) say(oldest[1], false);
  }

  /** Where a family has said enough, all that is new of it counts as one thing. */
  function keyOf(key: string, family: string): string {
    if (things.has(key)) return key;
    const said = (families.get(family) ?? 0) + 1;
    families.set(family, said);
    return said > maxOfFamily ? `more of ${family}` : key;
  }

  return {
    isNews(thing, family, report) {
      timer ??= setInterval(tick, everyMs / PARTS).unref();
      const now = performance.now();
      const key = keyOf(thing, family);
      const known = things.get(key);
      if (known === undefined) {
        if (things.size >= maxThings) forgetOldest();
        things.set(key, { heldBack: 0, inAll: 1, saidAt: now, cameAt: now, report });
        return true;
      }
      known.heldBack += 1;
      known.inAll += 1;
      known.cameAt = now;
      known.report = report;
      things.delete(key);
      things.set(key, known);
      return false;
    },
    end() {
      clearInterval(timer);
      timer = undefined;
      for (const thing of things.values()) if (thing.heldBack > 0) say(thing, false);
      things.clear();
      families.clear();
    },
  };
}
