/**
 * Returns the key under which a run gives a file back when a newer one has its name: in the same folder, and of the same
 * dataset and format, since "copy" and a number say nothing else in a name.
 */
export function spareKeyOf(landingKey: string, runId: string): string {
  const end = landingKey.lastIndexOf("/") + 1;
  return `${landingKey.slice(0, end)}copy${Number.parseInt(runId.slice(0, 8), 16)}-${landingKey.slice(end)}`;
}
