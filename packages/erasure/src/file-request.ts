import { randomUUID } from "node:crypto";
import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { partitionPath } from "@lethe/contracts/partition";

/**
 * Hands in an erasure request as a file of the current hour, as the retailer's own systems do: whatever way a request
 * comes in, it goes the same way from there. Takes the data folder; gives the file's path in landing.
 */
export async function fileRequest(dataFolder: string, customerId: string, email: string): Promise<string> {
  const now = new Date().toISOString();
  const partition = { date: now.slice(0, 10), hour: Number(now.slice(11, 13)) };
  const path = `${partitionPath(partition)}/erasure-requests.${randomUUID()}.ndjson`;
  const incoming = join(dataFolder, "incoming");
  await mkdir(incoming, { recursive: true });
  const temporary = join(incoming, randomUUID());
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ "customer-id": customerId, email })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await mkdir(join(dataFolder, "landing", partitionPath(partition)), { recursive: true });
  await rename(temporary, join(dataFolder, "landing", path));
  return path;
}
