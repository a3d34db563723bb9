import { REJECT_REASONS } from "@lethe/contracts/reject-reasons";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Instant } from "../../parts/instant.js";
import { Message } from "../../parts/message.js";
import { Page, Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { Table } from "../../parts/table.js";
import { may, session } from "../../session.js";
import { CorrectDialog } from "./correct-dialog.js";
import { DiscardDialog } from "./discard-dialog.js";
import { faultyPart, isMaskedPart } from "./faulty-part.js";
import { indented } from "./indented.js";
import { ReplayDialog } from "./replay-dialog.js";
import { QuarantineStatus } from "./statuses.js";

type QuarantineRecord = Schemas["QuarantineRecord"];

/** One record in quarantine: why it is there, what it holds, and what was decided about it. */
export function RecordPage() {
  const { id = "" } = useRoute().params;
  const path = { quarantineId: id as unknown as number };
  const asked = useAnswer(id, (signal) =>
    answerOf(api.GET("/quarantine/{quarantineId}", { params: { path }, signal })),
  );
  const record = asked.answer;
  if (record === undefined) {
    return (
      <Page title={`Record ${id} in quarantine`}>
        <Pending asked={asked} what="the record" />
      </Page>
    );
  }
  return (
    <Page title={`Record ${record.id} in quarantine`} actions={<Work record={record} onChange={asked.again} />}>
      <Facts record={record} />
      <Content record={record} />
      <Acts acts={record.acts} />
    </Page>
  );
}

function Work({ record, onChange }: { record: QuarantineRecord; onChange: () => void }) {
  const [dialog, setDialog] = useState<"correct" | "replay" | "discard">();
  if (!may("operator") || record.status !== "open") return null;
  const meant = { ids: [record.id] };
  const isCorrectable = !record.isMasked || !isMaskedPart(faultyPart(record.record, record.pointer));
  const close = (hasChanged: boolean) => {
    setDialog(undefined);
    if (hasChanged) onChange();
  };
  return (
    <>
      {record.record !== null && (
        <>
          {isCorrectable && (
            <button type="button" class="primary" onClick={() => setDialog("correct")}>
              Correct …
            </button>
          )}
          <button type="button" onClick={() => setDialog("replay")}>
            Replay …
          </button>
        </>
      )}
      <button type="button" class="danger" onClick={() => setDialog("discard")}>
        Discard …
      </button>
      {dialog === "correct" && <CorrectDialog record={record} onClose={close} />}
      {dialog === "replay" && <ReplayDialog meant={meant} onClose={close} />}
      {dialog === "discard" && <DiscardDialog meant={meant} onClose={close} />}
    </>
  );
}

function Facts({ record }: { record: QuarantineRecord }) {
  const { reason, message, file, fileId, line, pointer, runId } = record;
  return (
    <Panel title="Why it is here">
      <p>
        <QuarantineStatus status={record.status} /> <strong>{reason.replaceAll("_", " ")}</strong>:{" "}
        {REJECT_REASONS[reason]}
      </p>
      <p>
        <bdi>{message}</bdi>
      </p>
      <dl class="facts">
        <dt>Dataset</dt>
        <dd>{record.dataset}</dd>
        <dt>File</dt>
        <dd>
          <span class="mono">{file}</span>
        </dd>
        <dt>Line</dt>
        <dd>
          {line === null ? (
            "the whole file"
          ) : (
            <a href={`/console/lineage?fileId=${fileId}&line=${line}`}>{line} (trace)</a>
          )}
          {pointer !== null && <code> {pointer}</code>}
        </dd>
        {record.missingKey !== null && (
          <>
            <dt>Waits for</dt>
            <dd class="mono">{record.missingKey}</dd>
          </>
        )}
        <dt>Run</dt>
        <dd>
          <a class="mono" href={`/console/runs/${runId}`}>
            {runId}
          </a>
        </dd>
        <dt>Since</dt>
        <dd>
          <Instant at={record.createdAt} exact />
        </dd>
        {record.resolvedAt !== null && (
          <>
            <dt>Closed</dt>
            <dd>
              <Instant at={record.resolvedAt} exact />
            </dd>
          </>
        )}
        {record.corrects !== null && (
          <>
            <dt>Corrects</dt>
            <dd>
              <a href={`/console/quarantine/${record.corrects}`}>record {record.corrects}</a>
            </dd>
          </>
        )}
        {record.correctedBy !== null && (
          <>
            <dt>Corrected by</dt>
            <dd>
              <a href={`/console/quarantine/${record.correctedBy}`}>record {record.correctedBy}</a>
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

function Content({ record: { record, isMasked, acts } }: { record: QuarantineRecord }) {
  const name = session.caller.value?.name;
  const isRecorded = acts.some(({ act, by }) => act === "viewed" && by === name);
  return (
    <Panel title="The record">
      {isMasked && (
        <Message mood="plain">
          <p>Your role does not see personal data, so what is about a person is masked.</p>
        </Message>
      )}
      {!isMasked && isRecorded && (
        <Message mood="warn">
          <p>You see the record as it was sent. That you looked is recorded.</p>
        </Message>
      )}
      {record === null ? (
        <p class="quiet">
          {isMasked ? "Nothing of it can be shown." : "This is a whole file, whose content is not shown."}
        </p>
      ) : (
        <pre class="text">{indented(record)}</pre>
      )}
    </Panel>
  );
}

function Acts({ acts }: { acts: QuarantineRecord["acts"] }) {
  return (
    <Panel title="Who looked, and what was decided">
      <Table
        caption="Looks and decisions"
        hasHeading
        columns={[
          { title: "What", cell: ({ act }) => act },
          { title: "By", cell: ({ by }) => by },
          { title: "When", isWhole: true, cell: ({ at }) => <Instant at={at} exact /> },
          { title: "Reason", cell: ({ reason }) => reason ?? "–" },
        ]}
        rows={acts}
        keyOf={({ act, by, at }) => `${act} ${by} ${at}`}
        empty="Nobody looked at it, and nothing was decided."
      />
    </Panel>
  );
}
