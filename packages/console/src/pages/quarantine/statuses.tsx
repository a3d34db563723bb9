import type { Schemas } from "../../api/client.js";
import { type Mood, State } from "../../parts/state.js";

type Status = Schemas["QuarantineEntry"]["status"];

const MOODS: Readonly<Record<Status, Mood>> = {
  open: "warn",
  replayed: "good",
  discarded: "plain",
  superseded: "plain",
  erased: "plain",
};

/** What can have become of a record, in the order in which pages name it. */
export const STATUSES = Object.keys(MOODS) as readonly Status[];

/** What has become of a record in quarantine. */
export function QuarantineStatus({ status }: { status: Status }) {
  return <State mood={MOODS[status]}>{status}</State>;
}
