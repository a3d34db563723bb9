import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { Problem } from "../../parts/message.js";
import { Loading, Panel } from "../../parts/page.js";
import { type Column, Table } from "../../parts/table.js";
import { STATUSES } from "./statuses.js";

interface Row {
  readonly dataset: string;
  readonly reason: string;
  readonly byStatus: Readonly<Record<string, number>>;
}

/** How many records there are, by dataset, reason and status; each number leads to its records. */
export function Counts({ round }: { round: number }) {
  const asked = useAnswer(`counts ${round}`, (signal) => answerOf(api.GET("/quarantine/counts", { signal })));
  if (asked.answer === undefined) {
    return asked.problem === undefined ? <Loading what="the counts" /> : <Problem problem={asked.problem} />;
  }
  const { counts } = asked.answer;
  const rows = new Map<string, Row>();
  const totals: Record<string, number> = {};
  for (const { dataset, reason, status, records } of counts) {
    const key = `${dataset} ${reason}`;
    const row = rows.get(key) ?? { dataset, reason, byStatus: {} };
    rows.set(key, { ...row, byStatus: { ...row.byStatus, [status]: records } });
    totals[status] = (totals[status] ?? 0) + records;
  }
  return (
    <Panel title="Counts">
      <dl class="figures">
        {STATUSES.map((status) => (
          <div key={status}>
            <dt>{status}</dt>
            <dd>{formatCount(totals[status] ?? 0)}</dd>
          </div>
        ))}
      </dl>
      {rows.size > 0 && (
        <details>
          <summary>By dataset and reason</summary>
          <Table
            caption="Records by dataset, reason and status"
            hasHeading
            columns={COLUMNS}
            rows={[...rows.values()]}
            keyOf={({ dataset, reason }) => `${dataset} ${reason}`}
            empty=""
          />
        </details>
      )}
    </Panel>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "Dataset", cell: ({ dataset }) => dataset },
  { title: "Reason", cell: ({ reason }) => reason.replaceAll("_", " ") },
  ...STATUSES.map(
    (status): Column<Row> => ({
      title: status,
      isNumber: true,
      cell: ({ dataset, reason, byStatus }) => {
        const records = byStatus[status] ?? 0;
        if (records === 0) return "0";
        const query = new URLSearchParams({ dataset, reason, status });
        return <a href={`/console/quarantine?${query}`}>{formatCount(records)}</a>;
      },
    }),
  ),
];
