/** Returns the key in `claimed` of a file that a run took from landing, given its key there. */
export function claimedKeyOf(runId: string, landingKey: string): string {
  return `${runId}/${landingKey}`;
}

/** Returns the key of the file that is read in place of a claimed one, where Lethe keeps another form than what came. */
export function convertedKeyOf(claimedKey: string): string {
  return `${claimedKey}${CONVERTED}`;
}

/** Returns the key of a copy of what was read of a claimed file that has changed since. */
export function readKeyOf(claimedKey: string): string {
  return `${claimedKey}${READ}`;
}

/** Reports whether a file of this name in `claimed` is one that Lethe made of what came. */
export function isMadeOfClaimed(name: string): boolean {
  return name.endsWith(CONVERTED) || name.endsWith(READ);
}

/** Returns the name of the claimed file that a file was made of. */
export function sourceOfMade(name: string): string {
  const suffix = [CONVERTED, READ].find((one) => name.endsWith(one)) ?? "";
  return name.slice(0, name.length - suffix.length);
}

/** Reports whether a folder of this name in `claimed` is a run's. */
export function isRunId(name: string): boolean {
  return UUID.test(name);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const CONVERTED = ".converted";
const READ = ".read";
