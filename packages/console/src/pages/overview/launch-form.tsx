import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { formatBytes, formatCount, formatThings } from "../../format/quantities.js";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { Check, Field } from "../../parts/field.js";
import { faultAt, NO_PARTITION, withoutFaults } from "../../parts/field-faults.js";
import { Message, Problem } from "../../parts/message.js";

/** Starts a run of a job, or shows first what it would take. */
export function LaunchForm({ job, onClose }: { job: Schemas["DatasetName"]; onClose: () => void }) {
  const { route } = useLocation();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [force, setForce] = useState(false);
  const call = {
    params: { path: { job } },
    body: { ...(from !== "" && { from }), ...(to !== "" && { to }), ...(force && { force }) },
  };
  const plan = useAction(() => answerOf(api.POST("/jobs/{job}/runs/plan", call)));
  const start = useAction(async () => {
    const { id } = await answerOf(api.POST("/jobs/{job}/runs", call));
    route(`/console/runs/${id}`);
  });
  const problem = plan.problem ?? start.problem;
  return (
    <Dialog title={`Start a run of ${job}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void start.run();
        }}
      >
        <div class="fields">
          <Field
            label="First partition"
            hint="A day, 2020-01-31, or an hour, 2020-01-31T05. Empty: all."
            fault={faultAt(problem, "from", NO_PARTITION)}
          >
            {(ids) => <input {...ids} value={from} onInput={(event) => setFrom(event.currentTarget.value.trim())} />}
          </Field>
          <Field label="Last partition" hint="This one is included." fault={faultAt(problem, "to", NO_PARTITION)}>
            {(ids) => <input {...ids} value={to} onInput={(event) => setTo(event.currentTarget.value.trim())} />}
          </Field>
          <Check label="Take files again that were loaded before" checked={force} onChange={setForce} />
        </div>
        <Problem problem={withoutFaults(problem, ["from", "to"])} />
        {plan.done !== undefined && <Plan plan={plan.done} />}
        <div class="row end">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="button" disabled={plan.isDoing} onClick={() => void plan.run()}>
            Dry run
          </button>
          <button type="submit" class="primary" disabled={start.isDoing}>
            Start the run
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Plan({ plan }: { plan: Schemas["RunPlan"] }) {
  const { takes, known, byDay, unexpected, otherUnexpected } = plan;
  const noun = known.files === 0 ? "new file" : "file";
  const before =
    known.files === 0
      ? "none seen before"
      : `${formatCount(known.files)} ${known.files === 1 ? "has" : "have"} the size of one that came before`;
  return (
    <Message mood="busy">
      <p>
        {takes.files === 0
          ? "The run would take no file."
          : `${formatThings(takes.files, noun, `${noun}s`)} (${formatBytes(takes.bytes)}), from ${formatThings(byDay.length, "day")}; ${before}.`}
      </p>
      {unexpected.length > 0 && (
        <>
          <p>
            No run takes {formatThings(unexpected.length + otherUnexpected, "other entry", "other entries")} of landing:
          </p>
          <ul>
            {unexpected.slice(0, SHOWN).map(({ path, code, message }) => (
              <li key={`${code} ${path}`}>
                <span class="mono">{path}</span>: {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </Message>
  );
}

/** Unexpected entries that are named; those behind them are alike. */
const SHOWN = 10;
