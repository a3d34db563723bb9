import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { formatCount } from "../../format/quantities.js";
import { ActionButton } from "../../parts/action.js";
import { Instant } from "../../parts/instant.js";
import { Panel } from "../../parts/page.js";
import { RunState } from "../../parts/run-state.js";
import { State } from "../../parts/state.js";
import { may } from "../../session.js";
import { LaunchForm } from "./launch-form.js";
import { ScheduleForm } from "./schedule-form.js";

type Job = Schemas["Overview"]["jobs"][number];

/** One job: its schedule, its runs, how fresh its data is, and what it has done in a day. */
export function JobPanel({ job }: { job: Job }) {
  const [open, setOpen] = useState<"launch" | "schedule">();
  // The overview is a moment old: what was just changed is shown at once.
  const [changed, setChanged] = useState<Schemas["Schedule"]>();
  const schedule = changed !== undefined && changed.updatedAt > job.schedule.updatedAt ? changed : job.schedule;
  const close = () => setOpen(undefined);
  const { last24Hours: day } = job;
  return (
    <Panel title={job.job}>
      <dl class="facts">
        <dt>Schedule</dt>
        <dd>
          <ScheduleText schedule={schedule} />
        </dd>
        <dt>Next run</dt>
        <dd>{schedule.enabled ? <Instant at={schedule.nextAt} /> : <State mood="plain">off</State>}</dd>
        <dt>Last run of files</dt>
        <dd>
          {job.lastRun === null ? (
            "none yet"
          ) : (
            <>
              <RunState state={job.lastRun.state} />{" "}
              <a href={`/console/runs/${job.lastRun.id}`}>
                <Instant at={job.lastRun.requestedAt} />
              </a>
            </>
          )}
        </dd>
        {job.activeRunId !== null && job.activeRunId !== job.lastRun?.id && (
          <>
            <dt>At work</dt>
            <dd>
              <a href={`/console/runs/${job.activeRunId}`}>Follow the active run</a>
            </dd>
          </>
        )}
        <dt>Freshness</dt>
        <dd>
          <Freshness freshness={job.freshness} />
        </dd>
        <dt>Last 24 hours</dt>
        <dd>
          {formatCount(day.loaded)} loaded,{" "}
          {day.rejected === 0 ? (
            "0 rejected"
          ) : (
            <a href={`/console/quarantine?dataset=${job.job}&status=all`}>{formatCount(day.rejected)} rejected</a>
          )}
        </dd>
      </dl>
      {may("operator") && (
        <div class="row">
          <button type="button" onClick={() => setOpen("launch")}>
            Start a run<span class="unseen"> of {job.job}</span>
          </button>
          <button type="button" onClick={() => setOpen("schedule")}>
            Change the schedule<span class="unseen"> of {job.job}</span>
          </button>
          <ActionButton
            act={() =>
              answerOf(
                api.PATCH("/schedules/{job}", {
                  params: { path: { job: job.job } },
                  body: { enabled: !schedule.enabled },
                }),
              ).then(setChanged)
            }
          >
            {schedule.enabled ? "Switch off" : "Switch on"}
            <span class="unseen"> the schedule of {job.job}</span>
          </ActionButton>
        </div>
      )}
      {open === "launch" && <LaunchForm job={job.job} onClose={close} />}
      {open === "schedule" && <ScheduleForm schedule={schedule} onClose={close} onSaved={setChanged} />}
    </Panel>
  );
}

function ScheduleText({ schedule: { words, cron, timezone, problem } }: { schedule: Schemas["Schedule"] }) {
  return (
    <>
      {words ?? "A pattern without words"} <span class="quiet">({timezone})</span>
      <br />
      <code>{cron}</code>
      {problem !== null && (
        <>
          <br />
          <State mood="bad">does not fire</State> {problem}
        </>
      )}
    </>
  );
}

function Freshness({ freshness }: { freshness: Job["freshness"] }) {
  const { newestPartition, nextPartition, deadline, late, latePartitions, missingPartitions } = freshness;
  if (newestPartition === null) return <State mood="plain">no data yet</State>;
  const state = late ? (
    <State mood="bad">late</State>
  ) : deadline === null ? (
    <span title={NO_DEADLINE}>
      <State mood="plain">no deadline yet</State>
    </span>
  ) : (
    <State mood="good">fresh</State>
  );
  return (
    <>
      {state} newest partition <span class="mono">{newestPartition}</span>
      {deadline !== null && nextPartition !== null && (
        <>
          <br />
          <span class="mono">{nextPartition}</span> is due <Instant at={deadline} />
        </>
      )}
      {latePartitions + missingPartitions > 0 && (
        <>
          <br />
          {formatCount(latePartitions)} late, {formatCount(missingPartitions)} missing
        </>
      )}
    </>
  );
}

const NO_DEADLINE =
  "No hour is expected yet: files must have come at the same hour on at least four in five days of two weeks, or the checks file must say so.";
