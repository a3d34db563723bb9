import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Choice } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Panel } from "../../parts/page.js";
import { Pager } from "../../parts/pager.js";
import { Pending } from "../../parts/pending.js";
import { State } from "../../parts/state.js";
import { type Column, Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { formatValue } from "./series.js";

type Result = Schemas["CheckResult"];

const OUTCOMES = ["failed", "passed"] as const;

const COLUMNS: readonly Column<Result>[] = [
  {
    title: "Hour",
    isWhole: true,
    cell: ({ dataset, partition }) => (
      <a href={`/console/partitions?dataset=${dataset}&hour=${partition}`}>{partition}</a>
    ),
  },
  { title: "Check", cell: ({ check }) => <code>{check}</code> },
  {
    title: "Outcome",
    cell: ({ passed }) => <State mood={passed ? "good" : "bad"}>{passed ? "passed" : "failed"}</State>,
  },
  { title: "Value", isNumber: true, cell: ({ value, unit }) => formatValue(value, unit) },
  { title: "Condition", cell: ({ condition }) => condition },
  { title: "From", cell: ({ learnt }) => (learnt ? "earlier hours" : "the checks file") },
  { title: "Judged", cell: ({ judgedAt }) => <Instant at={judgedAt} /> },
];

/** How the partitions of a dataset have passed its checks, the newest first. */
export function CheckResults({ dataset }: { dataset: Schemas["DatasetName"] }) {
  const { values, set } = useQuery();
  const outcome = OUTCOMES.find((known) => known === values.outcome);
  const before = values.before === undefined ? undefined : Number(values.before);
  const query = { dataset, ...(outcome !== undefined && { outcome }), ...(before !== undefined && { before }) };
  const asked = useAnswer(JSON.stringify(query), (signal) =>
    answerOf(api.GET("/checks", { params: { query }, signal })),
  );
  return (
    <Panel title="Results of checks">
      <div class="fields">
        <Choice
          label="Outcome"
          value={values.outcome ?? ""}
          none="all outcomes"
          choices={OUTCOMES}
          onChange={(value) => set({ outcome: value, before: "" })}
        />
      </div>
      <Pending asked={asked} what="results" />
      {asked.answer !== undefined && (
        <>
          <Table
            caption="Results of checks"
            hasHeading
            columns={COLUMNS}
            rows={asked.answer.checks}
            keyOf={({ id }) => id}
            empty="No partition was checked yet: what is learnt needs a week of the same hours."
          />
          <Pager
            isNewest={before === undefined}
            nextCursor={asked.answer.nextCursor}
            onOpen={(before) => set({ before })}
          />
        </>
      )}
    </Panel>
  );
}
