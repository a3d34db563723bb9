import { formatCount } from "@lethe/contracts/format-number";
import type { PrivacyKeyUse } from "@lethe/contracts/keys";
import { formatTable } from "./table.js";

/** Formats keys as a table. Only their ids are shown. */
export function formatKeys(uses: readonly PrivacyKeyUse[]): string {
  return formatTable(
    [{ title: "key" }, { title: "state" }, { title: "suppressions", align: "right" }],
    uses.map(({ id, state, suppressions }) => [id, state, formatCount(suppressions)]),
  );
}
