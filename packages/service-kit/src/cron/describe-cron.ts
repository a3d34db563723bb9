import cronstrue from "cronstrue";

/** Returns a cron pattern in plain English, with times from 00:00 to 23:59: `At 01:00, every day`. Null where there are no words for it. */
export function describeCron(cron: string): string | null {
  try {
    const words = inWords(cron, false);
    // Without a day, a time of the day reads as if it came once.
    return /^At \d\d:\d\d(?::\d\d)?$/.test(words) ? inWords(cron, true) : words;
  } catch {
    return null;
  }
}

function inWords(cron: string, verbose: boolean): string {
  return cronstrue.toString(cron, { use24HourTimeFormat: true, verbose });
}
