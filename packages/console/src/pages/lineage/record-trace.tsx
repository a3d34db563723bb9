import { NO_LINE } from "@lethe/contracts/no-line";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatThings } from "../../format/quantities.js";
import { Instant } from "../../parts/instant.js";
import { Message, Problem } from "../../parts/message.js";
import { Loading, Panel } from "../../parts/page.js";
import { type Column, Table } from "../../parts/table.js";
import type { AskedRecord } from "./lineage-page.js";

type Row = Schemas["RecordTrace"]["rows"][number];

/** The rows of a record, each with the file and line that it came from. The key of a person goes in a body. */
export function RecordTrace({ asked, isPersonal }: { asked: AskedRecord; isPersonal: boolean }) {
  const traced = useAnswer(JSON.stringify(asked), (signal) => {
    // The API knows the names of datasets, and refuses any other.
    const known = asked as { dataset: Schemas["TraceableDataset"]["dataset"]; key: string };
    return isPersonal
      ? answerOf(api.POST("/lineage", { body: known, signal }))
      : answerOf(api.GET("/lineage/{dataset}/{key}", { params: { path: known }, signal }));
  });
  return (
    <Panel title="Where the record came from">
      {isPersonal && traced.answer !== undefined && (
        <Message mood="warn">
          <p>That you looked is recorded.</p>
        </Message>
      )}
      <Problem problem={traced.problem} />
      {traced.answer === undefined ? (
        traced.problem === undefined && <Loading what="the record, and search its file" />
      ) : (
        <Table
          caption="Rows of the record"
          hasHeading
          columns={COLUMNS}
          rows={traced.answer.rows}
          keyOf={({ table, validFrom, line, delivery }) => `${table} ${validFrom} ${delivery?.fileId} ${line}`}
          empty={
            traced.answer.found === "erased"
              ? "The record was there, and its person was erased: nothing leads on."
              : "There is no such record."
          }
        />
      )}
    </Panel>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    title: "Row",
    cell: ({ table, isCurrent, withRows }) => (
      <>
        {table} <span class="quiet">{isCurrent ? "current" : "superseded"}</span>
        {withRows.map((more) => (
          <div key={more.table} class="quiet">
            with {formatThings(more.rows, "row")} of {more.table}
          </div>
        ))}
      </>
    ),
  },
  { title: "Valid from", isWhole: true, cell: ({ validFrom }) => <Instant at={validFrom} exact /> },
  {
    title: "File",
    cell: ({ delivery }) =>
      delivery === null ? (
        "–"
      ) : (
        <>
          <span class="mono">{delivery.keptAs ?? `file ${delivery.fileId}`}</span>
          <br />
          <a href={`/console/quarantine?fileId=${delivery.fileId}&status=all`}>its records in quarantine</a>
        </>
      ),
  },
  {
    title: "Line",
    cell: ({ delivery, line, noLine }) => {
      if (delivery !== null && line !== null) {
        return <a href={`/console/lineage?fileId=${delivery.fileId}&line=${line}`}>{line}</a>;
      }
      return noLine === null ? "–" : NO_LINE[noLine];
    },
  },
  {
    title: "Run",
    cell: ({ delivery, batches }) => {
      const [batch] = batches;
      const runId = batch?.runId ?? delivery?.runId;
      if (runId === undefined) return "–";
      return (
        <>
          <a class="mono" href={`/console/runs/${runId}`}>
            {runId.slice(0, 8)}
          </a>
          {batch !== undefined && <span class="quiet"> batch {batch.number}</span>}
        </>
      );
    },
  },
];
