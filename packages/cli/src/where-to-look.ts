/** The commands that list what a message says is not there, by how it says so; the first that fits counts. */
const LISTS: readonly (readonly [RegExp, string])[] = [
  [/^there is no run /, "lethe runs list"],
  [/^there is no (?:erasure )?request /, "lethe erasure requests"],
  [/^there is no (?:erasure|receipt) /, "lethe erasure list"],
  [/^there is no (?:open )?question /, "lethe erasure questions"],
  [/^there is no record .* in quarantine/, "lethe quarantine list"],
  [/^there is no dead letter /, "lethe dead-letters list"],
  [/^there is no alert /, "lethe alerts --all"],
];

/** Adds to a message about something that is not there the command that lists what there is, unless it names one already. */
export function withWhereToLook(message: string): string {
  const list = message.includes("`") ? undefined : LISTS.find(([says]) => says.test(message))?.[1];
  return list === undefined ? message : `${message}; \`${list}\` shows those there are`;
}
