import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { formatCount, formatThings } from "../../format/quantities.js";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Message, Problem } from "../../parts/message.js";
import { Table } from "../../parts/table.js";
import { describeMeant, type MeantRecords } from "./meant-records.js";

interface ReplayDialogProps {
  readonly meant: MeantRecords;
  readonly onClose: (hasChanged: boolean) => void;
}

/** Tries records again. Before, it can be seen what would load: the API tries it and takes everything back. */
export function ReplayDialog({ meant, onClose }: ReplayDialogProps) {
  const [limit, setLimit] = useState("");
  const body = { ...meant, ...(limit !== "" && { limit: Number(limit) }) };
  const plan = useAction(() => answerOf(api.POST("/quarantine/replay/plan", { body })));
  const replay = useAction(() => answerOf(api.POST("/quarantine/replay", { body })));
  const { done } = replay;
  return (
    <Dialog title="Replay records" onClose={() => onClose(done !== undefined)}>
      <p>
        This tries {describeMeant(meant)} again. What is still wrong stays in quarantine, and nothing is loaded twice.
      </p>
      {done === undefined ? (
        <>
          {meant.ids === undefined && (
            <Field label="The most records of a dataset" hint="The oldest first; without a number, all of them.">
              {(ids) => (
                <input
                  {...ids}
                  type="number"
                  min={1}
                  max={10_000}
                  value={limit}
                  onInput={(event) => {
                    setLimit(event.currentTarget.value);
                    plan.reset();
                  }}
                />
              )}
            </Field>
          )}
          {plan.isDoing && <p role="status">Trying what would load …</p>}
          {plan.done !== undefined && <Plans plans={plan.done.plans} />}
          <Problem problem={plan.problem ?? replay.problem} />
          <div class="row end">
            <button type="button" onClick={() => onClose(false)}>
              Cancel
            </button>
            <button type="button" disabled={plan.isDoing} onClick={() => void plan.run()}>
              Preview what would load
            </button>
            <button
              type="button"
              class="primary"
              disabled={replay.isDoing || plan.isDoing}
              onClick={() => void replay.run()}
            >
              Replay
            </button>
          </div>
        </>
      ) : (
        <>
          <Started runs={done.runs} />
          <div class="row end">
            <button type="button" onClick={() => onClose(true)}>
              Close
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function Plans({ plans }: { plans: readonly Schemas["ReplayPlan"][] }) {
  const left = plans.reduce((sum, { leaves }) => sum + leaves, 0);
  return (
    <>
      <Table
        caption="What would load"
        columns={[
          { title: "Dataset", cell: ({ job }) => job },
          { title: "Tried", isNumber: true, cell: ({ takes }) => formatCount(takes) },
          { title: "Would load", isNumber: true, cell: ({ loads }) => formatCount(loads) },
          { title: "Would stay", isNumber: true, cell: ({ rejects }) => formatCount(rejects) },
          {
            title: "Because of",
            cell: ({ rejectedByReason }) =>
              Object.entries(rejectedByReason)
                .map(([reason, records]) => `${reason.replaceAll("_", " ")}: ${formatCount(records)}`)
                .join(", ") || "–",
          },
        ]}
        rows={plans}
        keyOf={({ job }) => job}
        empty="No open record is meant: a replay would do nothing."
      />
      {left > 0 && <p>{formatThings(left, "more record was", "more records were")} not looked at.</p>}
    </>
  );
}

function Started({ runs }: { runs: readonly Schemas["Run"][] }) {
  if (runs.length === 0) {
    return (
      <Message mood="plain">
        <p>No open record is meant, so there is nothing to replay.</p>
      </Message>
    );
  }
  return (
    <Message mood="good">
      <p>{formatThings(runs.length, "replay")} began:</p>
      <ul>
        {runs.map(({ id, job }) => (
          <li key={id}>
            <a href={`/console/runs/${id}`}>{job}</a>
          </li>
        ))}
      </ul>
    </Message>
  );
}
