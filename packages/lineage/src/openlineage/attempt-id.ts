import { createHash } from "node:crypto";

/**
 * Returns the id of an attempt to do a run, as events name it: the run's own for the first one. OpenLineage wants one beginning and one
 * end of each id, so a later attempt has another, which follows from the run's (RFC 9562, version 5).
 */
export function attemptId(runId: string, attempt: number): string {
  if (attempt === 1) return runId;
  const namespace = Buffer.from(runId.replaceAll("-", ""), "hex");
  const bytes = createHash("sha1").update(namespace).update(`attempt ${attempt}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
