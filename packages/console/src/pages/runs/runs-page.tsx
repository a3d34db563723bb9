import { answerOf, api, type Schemas } from "../../api/client.js";
import { jobNames } from "../../api/job-names.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount, formatDuration } from "../../format/quantities.js";
import { Choice, Field } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Page } from "../../parts/page.js";
import { Pager } from "../../parts/pager.js";
import { Pending } from "../../parts/pending.js";
import { RUN_STATES, RunState } from "../../parts/run-state.js";
import { type Column, Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";

type Run = Schemas["Run"];

const KINDS = ["files", "replay", "backfill", "plan"] as const satisfies readonly Run["kind"][];
const TRIGGERS = ["api", "cli", "schedule", "automatic"] as const satisfies readonly Run["trigger"][];

/** The filters that are chosen from a list; that of jobs is the API's. */
const CHOICES = [
  { name: "job", label: "Job", none: "all jobs", choices: undefined },
  { name: "state", label: "State", none: "all states", choices: RUN_STATES },
  { name: "kind", label: "Kind", none: "all kinds", choices: KINDS },
  { name: "trigger", label: "Started by", none: "anybody", choices: TRIGGERS },
] as const;
const FILTERS = [...CHOICES.map(({ name }) => name), "id", "requestedFrom", "requestedTo", "open", "before"];
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
      records.rejected === 0 ? (
        "0"
      ) : (
        <a href={`/console/quarantine?runId=${id}&status=all`}>{formatCount(records.rejected)}</a>
      ),
  },
];

/** All runs, newest first, with filters that stand in the address. */
export function RunsPage() {
  const { values, set } = useQuery();
  const { before } = values;
  const filter = Object.fromEntries(FILTERS.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));
  const asked = useAnswer(
    JSON.stringify(filter),
    // The API refuses what the address should not hold, and says why.
    (signal) => answerOf(api.GET("/runs", { params: { query: filter as object }, signal })),
    before === undefined ? REFRESH_MS : undefined,
  );
  return (
    <Page title="Runs" lead="Everything that ran, newest first.">
      <form class="fields" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        {CHOICES.map(({ name, label, none, choices }) => (
          <Choice
            key={name}
            label={label}
            value={values[name] ?? ""}
            choices={choices ?? jobNames.value.answer ?? []}
            none={none}
            onChange={(value) => set({ [name]: value, before: "" })}
          />
        ))}
        <Field label="Run" hint="What its id begins with">
          {(ids) => (
            <input
              {...ids}
              class="mono"
              value={values.id ?? ""}
              onChange={(event) => set({ id: event.currentTarget.value.trim(), before: "" })}
            />
          )}
        </Field>
      </form>
      <Problem problem={jobNames.value.problem} again={jobNames.value.again} />
      <Pending asked={asked} what="runs" />
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
          <Pager
            isNewest={before === undefined}
            nextCursor={asked.answer.nextCursor}
            onOpen={(before) => set({ before })}
          />
        </>
      )}
    </Page>
  );
}
