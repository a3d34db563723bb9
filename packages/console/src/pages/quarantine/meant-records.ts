import type { paths } from "../../../generated/api.js";
import { formatThings } from "../../format/quantities.js";

/** Which records are replayed or discarded at once. The API reads open ones alone. */
export type MeantRecords = NonNullable<
  paths["/quarantine/discard"]["post"]["requestBody"]["content"]["application/json"]["filter"]
>;

/** Returns in words which records are meant. */
export function describeMeant(meant: MeantRecords): string {
  if (meant.ids !== undefined) return `${formatThings(meant.ids.length, "chosen record")}`;
  const parts = [
    meant.dataset !== undefined && `of ${meant.dataset}`,
    meant.reason !== undefined && `with the reason ${meant.reason.replaceAll("_", " ")}`,
    meant.partition !== undefined && `of the partition ${meant.partition}`,
    meant.runId !== undefined && `of the run ${meant.runId.slice(0, 8)}`,
    meant.fileId !== undefined && `of the file ${meant.fileId}`,
  ].filter((part) => part !== false);
  return ["all open records", ...parts].join(" ");
}
