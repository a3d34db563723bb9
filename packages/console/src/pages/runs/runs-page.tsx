import { answerOf, api, type Schemas } from "../../api/client.js";
import { jobNames } from "../../api/job-names.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount, formatDuration } from "../../format/quantities.js";
import { Choice } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Loading, Page } from "../../parts/page.js";
import { RunState } from "../../parts/run-state.js";
import { type Column, Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";

type Run = Schemas["Run"];

const STATES = [
  "queued",
  "extracting",
  "processing",
  "finishing",
  "succeeded",
  "succeeded_with_warnings",
  "failed",
  "cancelled",
  "skipped",
] as const satisfies readonly Run["state"][];
const REFRESH_MS = 5_000;

const COLUMNS: readonly Column<Run>[] = [
  {
    title: "Run",
    cell: ({ id, job, kind }) => (
      <>
        <a href={`/console/runs/${id}`}>{job}</a> <span class="quiet">{kind}</span>
        <br />
        <span class="mono quiet">{id.slice(0, 8)}</span>
      </>
    ),
  },
  { title: "State", cell: ({ state }) => <RunState state={state} /> },
  { title: "Requested", isWhole: true, cell: ({ requestedAt }) => <Instant at={requestedAt} /> },
  { title: "By", cell: ({ trigger }) => trigger },
  { title: "Took", isNumber: true, cell: ({ durationsMs }) => formatDuration(durationsMs.total) },
  { title: "Files", isNumber: true, cell: ({ files }) => formatCount(files.taken) },
  { title: "Rows loaded", isNumber: true, cell: ({ records }) => formatCount(records.loaded) },
  {
    title: "Rejected",
    isNumber: true,
    cell: ({ id, records }) =>
      records.rejected === 0 ? "0" : <a href={`/console/quarantine?runId=${id}`}>{formatCount(records.rejected)}</a>,
  },
];

/** All runs, newest first, with filters that stand in the address. */
export function RunsPage() {
  const { values, set } = useQuery();
  const { job = "", state = "", before } = values;
  const filter = {
    ...(job !== "" && { job }),
    ...(state !== "" && { state }),
    ...(before !== undefined && { before }),
  };
  const asked = useAnswer(
    JSON.stringify(filter),
    // The API refuses what the address should not hold, and says why.
    (signal) => answerOf(api.GET("/runs", { params: { query: filter as object }, signal })),
    before === undefined ? REFRESH_MS : undefined,
  );
  return (
    <Page title="Runs" lead="Everything that ran, newest first.">
      <form class="fields" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Job"
          value={job}
          choices={jobNames.value}
          none="all jobs"
          onChange={(next) => set({ job: next, before: "" })}
        />
        <Choice
          label="State"
          value={state}
          choices={STATES}
          none="all states"
          onChange={(next) => set({ state: next, before: "" })}
        />
      </form>
      <Problem problem={asked.problem} again={asked.again} />
      {asked.answer === undefined && asked.problem === undefined && <Loading what="runs" />}
      {asked.answer !== undefined && (
        <>
          <Table
            caption="Runs"
            hasHeading
            columns={COLUMNS}
            rows={asked.answer.runs}
            keyOf={({ id }) => id}
            empty="No run matches these filters."
          />
          <div class="row">
            {before !== undefined && (
              <button type="button" onClick={() => set({ before: "" })}>
                Newest
              </button>
            )}
            {asked.answer.nextCursor !== null && (
              <button type="button" onClick={() => set({ before: asked.answer?.nextCursor ?? "" })}>
                Older
              </button>
            )}
          </div>
        </>
      )}
    </Page>
  );
}
