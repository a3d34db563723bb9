import type { Schemas } from "../api/client.js";
import { type Mood, State } from "./state.js";

type RunState = Schemas["Run"]["state"];

const MOODS: Readonly<Record<RunState, Mood>> = {
  queued: "busy",
  extracting: "busy",
  processing: "busy",
  finishing: "busy",
  succeeded: "good",
  succeeded_with_warnings: "warn",
  failed: "bad",
  cancelled: "plain",
  skipped: "plain",
};

/** The states of a run, in the order in which it passes through them. */
export const RUN_STATES = Object.keys(MOODS) as readonly RunState[];

/** The state of a run. */
export function RunState({ state }: { state: RunState }) {
  return <State mood={MOODS[state]}>{state.replaceAll("_", " ")}</State>;
}

/** Reports whether a run in this state still has work to do. */
export function isActive(state: RunState): boolean {
  return MOODS[state] === "busy";
}
