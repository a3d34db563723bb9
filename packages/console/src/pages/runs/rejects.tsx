import { REJECT_REASONS, type RejectReason } from "@lethe/contracts/reject-reasons";
import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { Problem } from "../../parts/message.js";
import { Loading, Panel } from "../../parts/page.js";

const EXAMPLES = 3;

/** The rejected records of a run by their reason, with the places of some of them. */
export function Rejects({ run }: { run: Schemas["RunDetail"] }) {
  const reasons = Object.entries(run.records.rejectedByReason).sort(([, one], [, other]) => other - one);
  if (reasons.length === 0) return null;
  return (
    <Panel title="Rejected records">
      {reasons.map(([reason, records]) => (
        <Reason key={reason} runId={run.id} reason={reason as RejectReason} records={records} />
      ))}
    </Panel>
  );
}

function Reason({ runId, reason, records }: { runId: string; reason: RejectReason; records: number }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {reason.replaceAll("_", " ")}: {formatCount(records)}
      </summary>
      <p>{REJECT_REASONS[reason]}</p>
      {isOpen && <Examples runId={runId} reason={reason} />}
      <p>
        <a href={`/console/quarantine?runId=${runId}&reason=${reason}&status=all`}>Show them all in quarantine</a>
      </p>
    </details>
  );
}

function Examples({ runId, reason }: { runId: string; reason: RejectReason }) {
  const query = { runId, reason, limit: EXAMPLES };
  const asked = useAnswer(`${runId} ${reason}`, (signal) =>
    answerOf(api.GET("/quarantine", { params: { query }, signal })),
  );
  if (asked.answer === undefined) {
    return asked.problem === undefined ? <Loading what="examples" /> : <Problem problem={asked.problem} />;
  }
  return (
    <ul>
      {asked.answer.entries.map(({ id, file, line, message }) => (
        <li key={id}>
          <a href={`/console/quarantine/${id}`}>
            <span class="mono">
              {file}
              {line !== null && `:${line}`}
            </span>
          </a>
          <br />
          {message}
        </li>
      ))}
    </ul>
  );
}
