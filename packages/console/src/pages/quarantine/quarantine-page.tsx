import { REJECT_REASON_NAMES } from "@lethe/contracts/reject-reasons";
import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { jobNames } from "../../api/job-names.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatThings } from "../../format/quantities.js";
import { Check, Choice, Field } from "../../parts/field.js";
import { faultAt, NO_PARTITION, withoutFaults } from "../../parts/field-faults.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Loading, Page } from "../../parts/page.js";
import { type Column, Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { may } from "../../session.js";
import { Counts } from "./counts.js";
import { DiscardDialog } from "./discard-dialog.js";
import type { MeantRecords } from "./meant-records.js";
import { ReplayDialog } from "./replay-dialog.js";
import { QuarantineStatus, STATUSES } from "./statuses.js";

type Entry = Schemas["QuarantineEntry"];

/** Stands in the address where records of every status are shown; without a status, it is the open ones. */
const ALL = "all";
const FILTERS = ["dataset", "reason", "status", "partition", "runId", "fileId"] as const;

/** Records that were not loaded, with filters that stand in the address, and what can be done with many at once. */
export function QuarantinePage() {
  const { values, set } = useQuery();
  const [round, setRound] = useState(0);
  const status = values.status ?? "open";
  const filter = Object.fromEntries(
    Object.entries({ ...values, status }).filter(
      ([name, value]) => FILTERS.some((known) => known === name) && !(name === "status" && value === ALL),
    ),
  );
  const { after } = values;
  const query = { ...filter, ...(after !== undefined && { after }) };
  const key = `${JSON.stringify(query)} ${round}`;
  const asked = useAnswer(
    key,
    // The API refuses what the address should not hold, and says why.
    (signal) => answerOf(api.GET("/quarantine", { params: { query: query as object }, signal })),
  );
  const change = (name: string) => (value: string) => set({ [name]: value.trim(), after: "" });
  return (
    <Page title="Quarantine" lead="Records that were not loaded, with the reason, oldest first.">
      <Counts round={round} />
      <form class="fields" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Dataset"
          value={values.dataset ?? ""}
          choices={jobNames.value.answer ?? []}
          none="all datasets"
          onChange={change("dataset")}
        />
        <Choice
          label="Reason"
          value={values.reason ?? ""}
          choices={REJECT_REASON_NAMES}
          none="all reasons"
          onChange={change("reason")}
        />
        <Choice
          label="Status"
          value={status}
          choices={[...STATUSES, [ALL, "all statuses"]]}
          onChange={(value) => change("status")(value === "open" ? "" : value)}
        />
        <TextFilter
          label="Partition"
          example="2020-01-31T05"
          value={values.partition ?? ""}
          fault={faultAt(asked.problem, "partition", NO_PARTITION)}
          onChange={change("partition")}
        />
        <TextFilter
          label="Id of the run"
          value={values.runId ?? ""}
          fault={faultAt(asked.problem, "runId", "Write the whole id, as the page of the run shows it.")}
          onChange={change("runId")}
        />
        <TextFilter
          label="Number of the file"
          value={values.fileId ?? ""}
          fault={faultAt(asked.problem, "fileId", "Write a whole number.")}
          onChange={change("fileId")}
        />
      </form>
      <Problem problem={jobNames.value.problem} again={jobNames.value.again} />
      <Problem problem={withoutFaults(asked.problem, FILTERS)} again={asked.again} />
      {asked.answer === undefined ? (
        asked.problem === undefined && <Loading what="the records" />
      ) : (
        <>
          <Records
            key={key}
            entries={asked.answer.entries}
            filter={filter}
            onChange={() => setRound((before) => before + 1)}
          />
          <div class="row">
            {after !== undefined && (
              <button type="button" onClick={() => set({ after: "" })}>
                Oldest
              </button>
            )}
            {asked.answer.nextCursor !== null && (
              <button type="button" onClick={() => set({ after: String(asked.answer?.nextCursor ?? "") })}>
                Newer
              </button>
            )}
          </div>
        </>
      )}
    </Page>
  );
}

interface TextFilterProps {
  readonly label: string;
  readonly example?: string;
  readonly value: string;
  readonly fault: string | undefined;
  readonly onChange: (value: string) => void;
}

/** A filter that is typed; it applies when it is left, or with Enter. */
function TextFilter({ label, example, value, fault, onChange }: TextFilterProps) {
  return (
    <Field label={label} fault={fault}>
      {(ids) => (
        <input
          {...ids}
          type="text"
          size={14}
          placeholder={example}
          autocomplete="off"
          spellcheck={false}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onChange(event.currentTarget.value);
          }}
        />
      )}
    </Field>
  );
}

interface RecordsProps {
  readonly entries: readonly Entry[];
  readonly filter: Readonly<Record<string, string | undefined>>;
  readonly onChange: () => void;
}

/** A page of records, and what can be done with those that are chosen, or with all that the filters mean. */
function Records({ entries, filter, onChange }: RecordsProps) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const open = entries.filter(({ status }) => status === "open").map(({ id }) => id);
  const isWorked = may("operator");
  const choose = (ids: readonly number[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const id of ids) isChosen ? next.add(id) : next.delete(id);
    setChosen(next);
  };
  const choice: Column<Entry> = {
    title: "Chosen",
    cell: ({ id, status }) =>
      status === "open" && (
        <input
          type="checkbox"
          aria-label={`Choose record ${id}`}
          checked={chosen.has(id)}
          onChange={(event) => choose([id], event.currentTarget.checked)}
        />
      ),
  };
  return (
    <>
      {isWorked && (
        <Work
          open={open}
          chosen={chosen}
          filter={filter}
          onChoose={(isChosen) => choose(open, isChosen)}
          onChange={onChange}
        />
      )}
      {may("privacy-officer") && (
        <p class="quiet">Whoever opens a record sees it as it was sent, and that they looked is recorded.</p>
      )}
      <Table
        caption="Records in quarantine"
        columns={isWorked && open.length > 0 ? [choice, ...COLUMNS] : COLUMNS}
        rows={entries}
        keyOf={({ id }) => id}
        empty="No record matches these filters."
      />
    </>
  );
}

const COLUMNS: readonly Column<Entry>[] = [
  {
    title: "Record",
    isWhole: true,
    cell: ({ id, createdAt }) => (
      <>
        <a href={`/console/quarantine/${id}`}>{id}</a>
        <br />
        <span class="quiet">
          <Instant at={createdAt} />
        </span>
      </>
    ),
  },
  { title: "Status", cell: ({ status }) => <QuarantineStatus status={status} /> },
  { title: "Dataset", cell: ({ dataset }) => dataset },
  {
    title: "Why",
    cell: ({ reason, message }) => (
      <>
        <strong>{reason.replaceAll("_", " ")}</strong>
        <br />
        <bdi>{message}</bdi>
      </>
    ),
  },
  {
    title: "Where it stood",
    cell: ({ file, fileId, line, pointer }) => (
      <>
        {line === null ? (
          <span class="mono">{file}</span>
        ) : (
          <a class="mono" href={`/console/lineage?fileId=${fileId}&line=${line}`}>
            {file}:{line}
          </a>
        )}
        {pointer !== null && (
          <>
            <br />
            <code>{pointer}</code>
          </>
        )}
      </>
    ),
  },
  {
    title: "Run",
    isWhole: true,
    cell: ({ runId }) => (
      <a class="mono" href={`/console/runs/${runId}`}>
        {runId.slice(0, 8)}
      </a>
    ),
  },
];

interface WorkProps {
  readonly open: readonly number[];
  readonly chosen: ReadonlySet<number>;
  readonly filter: Readonly<Record<string, string | undefined>>;
  readonly onChoose: (isChosen: boolean) => void;
  readonly onChange: () => void;
}

/** The buttons for many records at once: those that are chosen, else all open ones that the filters mean. */
function Work({ open, chosen, filter, onChoose, onChange }: WorkProps) {
  const [dialog, setDialog] = useState<"replay" | "discard">();
  if (open.length === 0) return null;
  const { status: _status, fileId, ...rest } = filter;
  const all = { ...rest, ...(fileId !== undefined && { fileId: Number(fileId) }) };
  const meant = (chosen.size > 0 ? { ids: [...chosen] } : all) as MeantRecords;
  const close = (hasChanged: boolean) => {
    setDialog(undefined);
    if (hasChanged) onChange();
  };
  const whose = chosen.size > 0 ? formatThings(chosen.size, "record") : "all that match";
  return (
    <div class="row">
      <Check
        label="Choose all open records of this page"
        checked={open.every((id) => chosen.has(id))}
        onChange={onChoose}
      />
      <button type="button" onClick={() => setDialog("replay")}>
        Replay {whose} …
      </button>
      <button type="button" onClick={() => setDialog("discard")}>
        Discard {whose} …
      </button>
      {dialog === "replay" && <ReplayDialog meant={meant} onClose={close} />}
      {dialog === "discard" && <DiscardDialog meant={meant} onClose={close} />}
    </div>
  );
}
