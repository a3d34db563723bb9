// Plain JavaScript at the package's root, so that `npm run drills -- --help` needs no build.

/** How many installations work side by side at most: most of a round is waiting, so that four keep two cores busy. */
export const MOST_AT_ONCE = 4;

export const DRILLS_HELP =
  "Injects every kind of fault into a whole installation and compares the outcome with the known answer.";

/** The options of the drills: flags, what they do, and what holds without them. */
export const DRILL_OPTIONS = [
  ["--seeds <n>", "how often each fault is injected, each time at another point of the work", "1"],
  ["--first <seed>", "the first seed; the others follow", "1"],
  [
    "--at-once <n>",
    `installations side by side, each with a seed of its own (as many as seeds, ${MOST_AT_ONCE} at most)`,
  ],
  ["--only <text>", "only faults whose name contains this text"],
  ["--keep", "leave data and logs of each installation where they are"],
  ["--mutations", "take each guard out, one at a time, and require that a drill notices"],
  ["--erasures", "erase 60 people during loads while services are killed, once for each seed"],
  ["--storm <minutes>", "let faults of all kinds strike at random while all kinds of work go on, for each seed"],
];
