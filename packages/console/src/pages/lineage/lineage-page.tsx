import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Field } from "../../parts/field.js";
import { Message, Problem } from "../../parts/message.js";
import { Loading, Page, Panel } from "../../parts/page.js";
import { useQuery } from "../../query.js";
import { may } from "../../session.js";
import { LineTrace } from "./line-trace.js";
import { RecordTrace } from "./record-trace.js";

/** A dataset whose records can be traced by their key. */
export type TraceableDataset = Schemas["TraceableDataset"];

/** A record that is asked for. One whose key identifies a person is never part of an address. */
export interface AskedRecord {
  readonly dataset: string;
  readonly key: string;
}

/** From a record to the file and line that it came from, and from a line to what became of it. */
export function LineagePage() {
  const { values, set } = useQuery();
  // Of a person: it stands in the memory of this page alone.
  const [ofPerson, setOfPerson] = useState<AskedRecord>();
  const asked = useAnswer("datasets", (signal) => answerOf(api.GET("/lineage/datasets", { signal })));
  const datasets = asked.answer?.datasets;
  const isPersonal = (dataset: string) => datasets?.find((one) => one.dataset === dataset)?.isPersonal !== false;
  const { dataset = "", key = "", fileId = "", line = "" } = values;
  // A link leads on from a person's record to what the address names.
  const isUnnamed = key === "" && fileId === "";

  function askRecord(record: AskedRecord): void {
    const isOfPerson = isPersonal(record.dataset);
    setOfPerson(isOfPerson ? record : undefined);
    set(isOfPerson ? NOTHING : { ...NOTHING, ...record });
  }

  return (
    <Page title="Lineage" lead="Where a record came from, and what became of a line of a file.">
      <Problem problem={asked.problem} again={asked.again} />
      {datasets === undefined ? (
        asked.problem === undefined && <Loading what="the datasets" />
      ) : (
        <>
          <div class="grid">
            <RecordForm datasets={datasets} asked={{ dataset, key }} onAsk={askRecord} />
            <LineForm
              key={`${fileId} ${line}`}
              fileId={fileId}
              line={line}
              onAsk={(next) => {
                setOfPerson(undefined);
                set({ ...NOTHING, ...next });
              }}
            />
          </div>
          {ofPerson !== undefined && isUnnamed && <RecordTrace asked={ofPerson} isPersonal />}
          {dataset !== "" && key !== "" && <FromAddress asked={{ dataset, key }} isPersonal={isPersonal(dataset)} />}
          {fileId !== "" && line !== "" && (
            <LineTrace
              key={`${fileId} ${line}`}
              fileId={fileId}
              line={line}
              isPersonal={isPersonal}
              onAskRecord={askRecord}
            />
          )}
        </>
      )}
    </Page>
  );
}

const NOTHING = { dataset: "", key: "", fileId: "", line: "" };

/** A record that the address names, which may be none of a person. */
function FromAddress({ asked, isPersonal }: { asked: AskedRecord; isPersonal: boolean }) {
  if (!isPersonal) return <RecordTrace asked={asked} isPersonal={false} />;
  return (
    <Message mood="bad">
      <p>
        The key of these records identifies a person, or they have none, so it must not stand in an address. Type it
        into the form.
      </p>
    </Message>
  );
}

interface RecordFormProps {
  readonly datasets: readonly TraceableDataset[];
  readonly asked: AskedRecord;
  readonly onAsk: (record: AskedRecord) => void;
}

function RecordForm({ datasets, asked, onAsk }: RecordFormProps) {
  const isOfficer = may("privacy-officer");
  const offered = datasets.filter(({ isPersonal }) => isOfficer || !isPersonal);
  const [dataset, setDataset] = useState(
    offered.find((one) => one.dataset === asked.dataset)?.dataset ?? offered[0]?.dataset ?? "",
  );
  const [key, setKey] = useState(asked.key);
  const chosen = offered.find((one) => one.dataset === dataset);
  return (
    <Panel title="From a record to its file">
      <form
        class="fields"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          onAsk({ dataset, key: key.trim() });
        }}
      >
        <Field label="Dataset of the record">
          {(ids) => (
            <select {...ids} value={dataset} onChange={(event) => setDataset(event.currentTarget.value)}>
              {offered.map((one) => (
                <option key={one.dataset} value={one.dataset}>
                  {one.dataset}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={`Key: ${chosen?.key.replaceAll("_", " ") ?? "none"}`} isWide>
          {(ids) => (
            <input
              {...ids}
              type="text"
              autocomplete="off"
              spellcheck={false}
              required
              maxLength={200}
              value={key}
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          )}
        </Field>
        <button type="submit" class="primary">
          Trace the record
        </button>
      </form>
      <p class="quiet">
        {isOfficer
          ? "A look at the record of a person is recorded, and the key never appears in the URL."
          : "Records of people are traced by a privacy officer, or here by file and line."}
      </p>
    </Panel>
  );
}

interface LineFormProps {
  readonly fileId: string;
  readonly line: string;
  readonly onAsk: (next: { readonly fileId: string; readonly line: string }) => void;
}

function LineForm(props: LineFormProps) {
  const [fileId, setFileId] = useState(props.fileId);
  const [line, setLine] = useState(props.line);
  return (
    <Panel title="From a line to what became of it">
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          props.onAsk({ fileId, line });
        }}
      >
        <NumberField label="Number of the file" value={fileId} onInput={setFileId} />
        <NumberField label="Line" value={line} onInput={setLine} />
        <button type="submit" class="primary">
          Trace the line
        </button>
      </form>
      <p class="quiet">Quarantine and the traces of records name files and lines.</p>
    </Panel>
  );
}

function NumberField(props: { label: string; value: string; onInput: (value: string) => void }) {
  return (
    <Field label={props.label}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          min={1}
          required
          value={props.value}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
