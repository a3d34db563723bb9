import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Instant } from "../../parts/instant.js";
import { Message, Problem } from "../../parts/message.js";
import { Loading, Panel } from "../../parts/page.js";
import { Table } from "../../parts/table.js";
import { may } from "../../session.js";
import type { AskedRecord } from "./lineage-page.js";

type Trace = Schemas["LineTrace"];

const OUTCOMES: Readonly<Record<Trace["outcome"], string>> = {
  loaded: "The line was loaded.",
  quarantined: "The line stands in quarantine.",
  blank: "The line is blank.",
  not_there: "The file has no such line.",
  no_trace: "No row is of this line: it is not loaded yet, or its person was erased.",
};

interface LineTraceProps {
  readonly fileId: string;
  readonly line: string;
  readonly isPersonal: (dataset: string) => boolean;
  readonly onAskRecord: (record: AskedRecord) => void;
}

/** What became of a line of a file. */
export function LineTrace({ fileId, line, isPersonal, onAskRecord }: LineTraceProps) {
  const [withKeys, setWithKeys] = useState(false);
  const place = { fileId: Number(fileId), line: Number(line) };
  const asked = useAnswer(`${fileId} ${line} ${withKeys}`, (signal) =>
    withKeys
      ? answerOf(api.POST("/lineage/line", { body: place, signal }))
      : answerOf(api.GET("/lineage", { params: { query: place }, signal })),
  );
  const trace = asked.answer;
  return (
    <Panel title={`Line ${line} of the file ${fileId}`}>
      <Problem problem={asked.problem} />
      {trace === undefined ? (
        asked.problem === undefined && <Loading what="the line, and search its file" />
      ) : (
        <>
          <p>{OUTCOMES[trace.outcome]}</p>
          <Delivery delivery={trace.delivery} />
          {trace.rows.length > 0 && (
            <Rows trace={trace} isPersonal={isPersonal(trace.delivery.dataset)} onAskRecord={onAskRecord} />
          )}
          {withKeys ? (
            <Message mood="warn">
              <p>You see the keys of people. That you looked is recorded.</p>
            </Message>
          ) : (
            may("privacy-officer") &&
            trace.rows.some(({ key }) => key === null) && (
              <p class="row">
                <button type="button" onClick={() => setWithKeys(true)}>
                  Show the keys of people
                </button>
                <span class="quiet">That you look is recorded.</span>
              </p>
            )
          )}
          {trace.quarantine.length > 0 && <Quarantined entries={trace.quarantine} />}
        </>
      )}
    </Panel>
  );
}

function Delivery({ delivery }: { delivery: Trace["delivery"] }) {
  return (
    <dl class="facts">
      <dt>Dataset</dt>
      <dd>{delivery.dataset}</dd>
      <dt>Partition from</dt>
      <dd>
        <Instant at={delivery.partition} exact />
      </dd>
      <dt>File</dt>
      <dd class="mono">{delivery.keptAs ?? "not kept yet: its run is at work"}</dd>
      <dt>Run</dt>
      <dd>
        <a class="mono" href={`/console/runs/${delivery.runId}`}>
          {delivery.runId}
        </a>
      </dd>
    </dl>
  );
}

interface RowsProps {
  readonly trace: Trace;
  readonly isPersonal: boolean;
  readonly onAskRecord: (record: AskedRecord) => void;
}

function Rows({ trace, isPersonal, onAskRecord }: RowsProps) {
  const { dataset } = trace.delivery;
  const reveals = may("privacy-officer") || !isPersonal;
  return (
    <Table
      caption="Rows that it became"
      columns={[
        { title: "Table", cell: ({ table }) => table },
        { title: "Version", cell: ({ isCurrent }) => (isCurrent ? "current" : "superseded") },
        {
          title: "Key",
          cell: ({ key }) => {
            if (key === null) return "of a person, not shown";
            return reveals ? (
              <button type="button" class="mono" onClick={() => onAskRecord({ dataset, key })}>
                {key}
              </button>
            ) : (
              <span class="mono">{key}</span>
            );
          },
        },
      ]}
      rows={trace.rows}
      keyOf={({ table, isCurrent, key }) => `${table} ${isCurrent} ${key}`}
      empty=""
    />
  );
}

function Quarantined({ entries }: { entries: Trace["quarantine"] }) {
  return (
    <Table
      caption="In quarantine"
      columns={[
        { title: "Record", cell: ({ id }) => <a href={`/console/quarantine/${id}`}>{id}</a> },
        { title: "Status", cell: ({ status }) => status },
        { title: "Why", cell: ({ reason, message }) => `${reason.replaceAll("_", " ")}: ${message}` },
      ]}
      rows={entries}
      keyOf={({ id }) => id}
      empty=""
    />
  );
}
