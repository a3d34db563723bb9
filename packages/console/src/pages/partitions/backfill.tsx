import { useState } from "preact/hooks";
import type { paths } from "../../../generated/api.js";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useRunEvents } from "../../api/run-events.js";
import { formatBytes, formatThings } from "../../format/quantities.js";
import { ActionButton, useAction } from "../../parts/action.js";
import { Check, Choice, Field } from "../../parts/field.js";
import { faultAt, NO_PARTITION, withoutFaults } from "../../parts/field-faults.js";
import { Message, Problem } from "../../parts/message.js";
import { Panel } from "../../parts/page.js";
import { RunProgress } from "../../parts/run-progress.js";
import { isActive, RunState } from "../../parts/run-state.js";
import { useQuery } from "../../query.js";

/** Whose archived files can be loaded again: what the archive keeps of requests names nobody. */
export type Backfilled = paths["/jobs/{job}/backfills"]["post"]["parameters"]["path"]["job"];

type Selection = "missing" | "failed";

const SELECTIONS = [
  ["", "all in the range"],
  ["missing", "only those with missing rows"],
  ["failed", "only failed ones"],
] as const;

interface BackfillProps {
  readonly dataset: Backfilled;
  /** The ends of the range, as names of partitions. */
  readonly from: string;
  readonly to: string;
  readonly onRange: (from: string, to: string) => void;
  readonly onEnd: () => void;
}

/** Loads a range of partitions again from the archive: first what it would take, then the run and its progress. */
export function Backfill({ dataset, from, to, onRange, onEnd }: BackfillProps) {
  const { values, set } = useQuery();
  const [only, setOnly] = useState("");
  const [maxFiles, setMaxFiles] = useState("");
  const [force, setForce] = useState(false);
  const call = {
    params: { path: { job: dataset } },
    body: {
      ...(from !== "" && { from }),
      ...(to !== "" && { to }),
      ...(only !== "" && { only: only as Selection }),
      ...(maxFiles !== "" && { maxFiles: Number(maxFiles) }),
      ...(force && { force }),
    },
  };
  const plan = useAction(() => answerOf(api.POST("/jobs/{job}/backfills/plan", call)));
  const start = useAction(async () => {
    const { id } = await answerOf(api.POST("/jobs/{job}/backfills", call));
    plan.reset();
    set({ backfill: id });
  });
  const problem = plan.problem ?? start.problem;
  return (
    <Panel title="Backfill">
      <p>
        A backfill loads partitions again from the archive, which stays as it is. It has a lower priority than live
        runs: they go first, and it waits for them.
      </p>
      <form
        aria-label="Backfill"
        onSubmit={(event) => {
          event.preventDefault();
          void plan.run();
        }}
      >
        <div class="fields">
          <Field
            label="First partition"
            hint="A day or an hour. Empty: from the beginning."
            fault={faultAt(problem, "from", NO_PARTITION)}
          >
            {(ids) => (
              <input
                {...ids}
                class="mono"
                value={from}
                onChange={(event) => onRange(event.currentTarget.value.trim(), to)}
              />
            )}
          </Field>
          <Field label="Last partition" hint="This one is included." fault={faultAt(problem, "to", NO_PARTITION)}>
            {(ids) => (
              <input
                {...ids}
                class="mono"
                value={to}
                onChange={(event) => onRange(from, event.currentTarget.value.trim())}
              />
            )}
          </Field>
          <Choice label="Which partitions" value={only} choices={SELECTIONS} onChange={setOnly} />
          <Field label="Limit (files)" hint="In whole partitions, the earliest first.">
            {(ids) => (
              <input
                {...ids}
                type="number"
                min="1"
                value={maxFiles}
                onInput={(event) => setMaxFiles(event.currentTarget.value)}
              />
            )}
          </Field>
          <Check label="Also rewrite processed files that look intact" checked={force} onChange={setForce} />
        </div>
        <Problem problem={withoutFaults(problem, ["from", "to"])} />
        {plan.done !== undefined && <Plan plan={plan.done} />}
        <div class="row">
          <button type="submit" disabled={plan.isDoing}>
            Dry run
          </button>
          <button type="button" class="primary" disabled={start.isDoing} onClick={() => void start.run()}>
            Start the backfill
          </button>
        </div>
      </form>
      {values.backfill !== undefined && <Running key={values.backfill} id={values.backfill} onEnd={onEnd} />}
    </Panel>
  );
}

function Plan({ plan }: { plan: Schemas["BackfillPlan"] }) {
  const { takes, leaves, byState, notArchived, quarantined } = plan;
  return (
    <Message mood="busy">
      <p>
        The backfill would take {amount(takes)}.
        {leaves.files > 0 && ` The cap leaves ${amount(leaves)} to a further one.`}
      </p>
      <ul>
        {byState.map(({ state, ...of }) => (
          <li key={state}>
            {state}: {amount(of)}
          </li>
        ))}
      </ul>
      {notArchived > 0 && (
        <p>{formatThings(notArchived, "file")} of the range were loaded and are not in the archive.</p>
      )}
      {quarantined > 0 && <p>{formatThings(quarantined, "file")} of the range stand in quarantine whole.</p>}
    </Message>
  );
}

function amount({ partitions, files, bytes }: Schemas["BackfillPlan"]["takes"]): string {
  return `${formatThings(partitions, "partition")} with ${formatThings(files, "file")} of ${formatBytes(bytes)}`;
}

function Running({ id, onEnd }: { id: string; onEnd: () => void }) {
  const { run, isLive } = useRunEvents(id, 0, onEnd);
  if (run === undefined) return null;
  return (
    <>
      <p class="row">
        <RunState state={run.state} />
        <a href={`/console/runs/${id}`}>
          Backfill <span class="mono">{id.slice(0, 8)}</span>
        </a>
        {isActive(run.state) && (
          <ActionButton kind="danger" act={() => answerOf(api.POST("/runs/{id}/cancel", { params: { path: { id } } }))}>
            Cancel the backfill
          </ActionButton>
        )}
      </p>
      {run.state === "cancelled" && <Message mood="plain">Cancelled; what was loaded stays.</Message>}
      {isActive(run.state) && <RunProgress progress={run.progress} isLive={isLive} />}
    </>
  );
}
