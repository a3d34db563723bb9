import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatBytes, formatCount, formatThings } from "../../format/quantities.js";
import { Instant } from "../../parts/instant.js";
import { Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { RunState } from "../../parts/run-state.js";
import { State } from "../../parts/state.js";
import { type Column, Table } from "../../parts/table.js";
import { NOT_EXPECTED, STATES } from "./states.js";

type Detail = Schemas["PartitionDetail"];

const FILES: readonly Column<Detail["files"][number]>[] = [
  { title: "File", cell: ({ path }) => <span class="mono">{path}</span> },
  { title: "State", cell: ({ state }) => state },
  {
    title: "Run",
    cell: ({ run }) => (
      <>
        <a href={`/console/runs/${run.id}`} class="mono">
          {run.id.slice(0, 8)}
        </a>{" "}
        <RunState state={run.state} />
      </>
    ),
  },
  { title: "Size", isNumber: true, cell: ({ bytes }) => formatBytes(bytes) },
  { title: "Loaded", isNumber: true, cell: ({ records }) => formatCount(records.loaded) },
  {
    title: "Rejected",
    isNumber: true,
    cell: ({ id, records }) =>
      records.rejected === 0 ? (
        "0"
      ) : (
        <a href={`/console/quarantine?fileId=${id}&status=all`}>{formatCount(records.rejected)}</a>
      ),
  },
  { title: "Taken", cell: ({ takenAt }) => <Instant at={takenAt} /> },
];

const CHECKS: readonly Column<Schemas["CheckResult"]>[] = [
  { title: "Check", cell: ({ check }) => <code>{check}</code> },
  {
    title: "Outcome",
    cell: ({ passed }) => <State mood={passed ? "good" : "bad"}>{passed ? "passed" : "failed"}</State>,
  },
  {
    title: "Value",
    isNumber: true,
    cell: ({ value, unit }) => `${formatCount(value)}${unit === "percent" ? " %" : ""}`,
  },
  { title: "Condition", cell: ({ condition, learnt }) => `${condition}${learnt ? " (learnt)" : ""}` },
];

/** What is known of one hour: its files with their runs, its checks and alerts. */
export function HourDetails({ dataset, partition }: { dataset: Schemas["DatasetName"]; partition: string }) {
  const asked = useAnswer(`${dataset} ${partition}`, (signal) =>
    answerOf(api.GET("/partitions/{dataset}/{partition}", { params: { path: { dataset, partition } }, signal })),
  );
  const { answer } = asked;
  return (
    <Panel title={`${dataset}, ${partition}`}>
      <Pending asked={asked} what="the hour" />
      {answer !== undefined && <Facts detail={answer} />}
    </Panel>
  );
}

function Facts({ detail }: { detail: Detail }) {
  const { state, arrivedAt, late, files, otherFiles, checks, alerts } = detail;
  const known = state === null ? undefined : STATES[state];
  return (
    <>
      <p class="row">
        <State mood={known?.mood ?? "plain"}>{known?.text ?? NOT_EXPECTED}</State>
        {arrivedAt !== null && (
          <span>
            first came <Instant at={arrivedAt} exact />
          </span>
        )}
        {late !== null && (
          <span>
            was due <Instant at={late.dueAt} exact />
            {late.state === "arrived" && " and came later"}
            {late.state === "given_up" && " and is waited for no longer"}
          </span>
        )}
      </p>
      <Table caption="Files" columns={FILES} rows={files} keyOf={({ id }) => id} empty="No file has come." />
      {otherFiles > 0 && <p class="quiet">And {formatThings(otherFiles, "older file")}.</p>}
      {checks.length > 0 && <Table caption="Checks" columns={CHECKS} rows={checks} keyOf={({ id }) => id} empty="" />}
      {alerts.length > 0 && (
        <>
          <h3>Alerts</h3>
          <ul>
            {alerts.map(({ id, message, state: alertState }) => (
              <li key={id}>
                <State mood={alertState === "open" ? "bad" : "plain"}>{alertState}</State> {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
