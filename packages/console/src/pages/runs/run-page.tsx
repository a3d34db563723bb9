import { useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useRunEvents } from "../../api/run-events.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatBytes, formatCount, formatDuration } from "../../format/quantities.js";
import { ActionButton } from "../../parts/action.js";
import { Instant } from "../../parts/instant.js";
import { Message } from "../../parts/message.js";
import { Page, Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { RunProgress } from "../../parts/run-progress.js";
import { isActive, RunState } from "../../parts/run-state.js";
import { Table } from "../../parts/table.js";
import { may } from "../../session.js";
import { BatchTimeline } from "./batch-timeline.js";
import { Rejects } from "./rejects.js";

type Run = Schemas["RunDetail"];

const KINDS: Readonly<Record<Run["kind"], string>> = {
  files: "run of new files",
  replay: "replay",
  backfill: "backfill",
  plan: "plan",
};

/** One run, live while it is at work. */
export function RunPage() {
  const { id = "" } = useRoute().params;
  const [round, setRound] = useState(0);
  const asked = useAnswer(`${id} ${round}`, (signal) =>
    answerOf(api.GET("/runs/{id}", { params: { path: { id } }, signal })),
  );
  const { run: update, isLive } = useRunEvents(id, round);
  const run = update ?? asked.answer;
  if (run === undefined) {
    return (
      <Page title="Run">
        <Pending asked={asked} what="the run" />
      </Page>
    );
  }
  return (
    <Page
      title={`${run.job}: ${KINDS[run.kind]}`}
      lead={<span class="mono">{run.id}</span>}
      actions={<Actions run={run} onChange={() => setRound((before) => before + 1)} />}
    >
      <Outcome run={run} />
      {update !== undefined && isActive(run.state) && <RunProgress progress={update.progress} isLive={isLive} />}
      <div class="grid">
        <Panel title="Figures">
          <Figures run={run} />
        </Panel>
        <Panel title="Stages">
          <Stages durations={run.durationsMs} />
        </Panel>
      </div>
      <BatchTimeline runId={run.id} isActive={isActive(run.state)} />
      <Rejects run={run} />
      <Notices run={run} />
      <SchemaChanges run={run} />
    </Page>
  );
}

function Actions({ run, onChange }: { run: Run; onChange: () => void }) {
  const { route } = useLocation();
  const path = { params: { path: { id: run.id } } };
  if (!may("operator")) return null;
  return (
    <>
      {isActive(run.state) && (
        <ActionButton kind="danger" act={() => answerOf(api.POST("/runs/{id}/cancel", path)).then(onChange)}>
          Cancel the run
        </ActionButton>
      )}
      {(run.state === "failed" || run.state === "cancelled") && (
        <ActionButton kind="primary" act={() => answerOf(api.POST("/runs/{id}/retry", path)).then(onChange)}>
          Retry the run
        </ActionButton>
      )}
      {!isActive(run.state) && run.records.rejected > 0 && (
        <ActionButton
          act={async () => {
            const { runs } = await answerOf(api.POST("/quarantine/replay", { body: { runId: run.id } }));
            route(runs.length === 1 ? `/console/runs/${runs[0]?.id}` : "/console/runs?kind=replay");
          }}
        >
          Replay its rejects
        </ActionButton>
      )}
    </>
  );
}

function Outcome({ run }: { run: Run }) {
  return (
    <>
      <p class="row">
        <RunState state={run.state} />
        <span>
          requested <Instant at={run.requestedAt} /> by {run.trigger}
        </span>
        {(run.from !== null || run.to !== null) && (
          <span>
            for {run.from ?? "the beginning"} to {run.to ?? "the end"}
          </span>
        )}
        {run.force && <span>with files that were loaded before</span>}
      </p>
      {run.state === "cancelled" && <Message mood="plain">Cancelled; what was loaded stays.</Message>}
      {run.error !== null && (
        <Message mood="bad">
          <p>
            {run.error.message} <code>{run.error.code}</code>
          </p>
          <p>What was loaded stays loaded. Set the cause right, then retry the run: it goes on where it stopped.</p>
        </Message>
      )}
      {run.warnings.map(({ code, message }) => (
        <Message key={code} mood="warn">
          <p>
            {message} <code>{code}</code>
          </p>
        </Message>
      ))}
      {run.failures.length > 0 && (
        <Message mood="bad">
          <p>These batches failed. A retry takes them up again.</p>
          <ul>
            {run.failures.map(({ batchId, code, message }) => (
              <li key={batchId}>
                <span class="mono">{batchId.slice(0, 8)}</span>: {message} <code>{code}</code>
              </li>
            ))}
          </ul>
        </Message>
      )}
    </>
  );
}

function Figures({ run }: { run: Run }) {
  const { files, records, bytes, batches } = run;
  return (
    <dl class="facts">
      <dt>Files</dt>
      <dd>
        {formatCount(files.taken)} taken, {formatCount(files.alreadyLoaded)} loaded before,{" "}
        {formatCount(files.quarantined)} in quarantine, {formatCount(run.notTaken)} not taken
      </dd>
      <dt>Batches</dt>
      <dd>
        {formatCount(batches.done)} of {formatCount(batches.total)} done, {formatCount(batches.failed)} failed
      </dd>
      <dt>Records</dt>
      <dd>
        {formatCount(records.in)} read, {formatCount(records.loaded)} loaded, {formatCount(records.rejected)} rejected
      </dd>
      <dt>Bytes</dt>
      <dd>
        {formatBytes(bytes.files)} in files, {formatBytes(bytes.batches)} unpacked
      </dd>
      <dt>Started</dt>
      <dd>
        <Instant at={run.startedAt} exact />
      </dd>
      <dt>Finished</dt>
      <dd>
        <Instant at={run.finishedAt} exact />
      </dd>
    </dl>
  );
}

const STAGES = ["extract", "transform", "load", "finish"] as const;

function Stages({ durations }: { durations: Run["durationsMs"] }) {
  const longest = Math.max(1, ...STAGES.map((stage) => durations[stage]));
  return (
    <>
      <dl class="facts">
        {STAGES.map((stage) => (
          <>
            <dt key={stage}>{stage}</dt>
            <dd key={`${stage} time`}>
              {formatDuration(durations[stage])}
              <div class="bar" aria-hidden="true">
                <span style={{ width: `${(100 * durations[stage]) / longest}%` }} />
              </div>
            </dd>
          </>
        ))}
      </dl>
      <p class="quiet">
        The run took {formatDuration(durations.total)} in all. The times of batches that are worked on at once add up.
      </p>
    </>
  );
}

function Notices({ run }: { run: Run }) {
  if (run.notices.length === 0) return null;
  return (
    <Panel title="Files with a remark">
      <Table
        caption="Files with a remark"
        hasHeading
        columns={[
          { title: "File or folder", cell: ({ path }) => <span class="mono">{path}</span> },
          {
            title: "What there is to say",
            cell: ({ message, code }) => (
              <>
                {message} <code>{code}</code>
              </>
            ),
          },
        ]}
        rows={run.notices}
        keyOf={({ code, path }) => `${code} ${path}`}
        empty=""
      />
    </Panel>
  );
}

function SchemaChanges({ run }: { run: Run }) {
  if (run.schemaChanges.length === 0) return null;
  return (
    <Panel title="Changed fields">
      <p class="quiet">These fields differ from the schema of the dataset.</p>
      <Table
        caption="Changed fields"
        hasHeading
        columns={[
          { title: "Field", cell: ({ field }) => <code>{field}</code> },
          { title: "Change", cell: ({ change }) => change },
          { title: "Records", isNumber: true, cell: ({ records }) => formatCount(records) },
          {
            title: "First seen",
            cell: ({ firstFile, firstLine }) => (
              <span class="mono">
                {firstFile}:{firstLine}
              </span>
            ),
          },
        ]}
        rows={run.schemaChanges}
        keyOf={({ change, field }) => `${change} ${field}`}
        empty=""
      />
    </Panel>
  );
}
