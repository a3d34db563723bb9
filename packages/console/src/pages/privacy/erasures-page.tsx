import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Choice, Field } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Pager } from "../../parts/pager.js";
import { Pending } from "../../parts/pending.js";
import { type Mood, State } from "../../parts/state.js";
import { type Column, Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { DaysLeft } from "./days-left.js";
import { PrivacyFrame } from "./privacy-frame.js";

type Erasure = Schemas["Erasure"];

/** How each state of an erasure is meant. */
export const MOODS: Readonly<Record<Erasure["state"], Mood>> = {
  suppressed: "busy",
  completed: "good",
  lifted: "plain",
};

const COLUMNS: readonly Column<Erasure>[] = [
  {
    title: "Receipt",
    isNumber: true,
    cell: ({ receiptNumber }) => (receiptNumber === null ? "none yet" : `No. ${receiptNumber}`),
  },
  {
    title: "Erasure",
    isWhole: true,
    cell: ({ id }) => (
      <a class="mono" href={`/console/privacy/erasures/${id}`}>
        {id.slice(0, 8)}
      </a>
    ),
  },
  {
    title: "State",
    cell: ({ state, failure }) => (
      <>
        <State mood={MOODS[state]}>{state}</State> {failure !== undefined && <State mood="bad">held up</State>}
      </>
    ),
  },
  { title: "Outcome", cell: ({ outcome }) => outcome },
  { title: "Received", isWhole: true, cell: ({ receivedAt }) => <Instant at={receivedAt} /> },
  { title: "Completed", isWhole: true, cell: ({ completedAt }) => <Instant at={completedAt} /> },
  { title: "Legal clock", isWhole: true, cell: ({ daysLeft, due }) => <DaysLeft daysLeft={daysLeft} due={due} /> },
];

/** Erasures with the numbers of their receipts, newest first; one receipt is found by the number that is printed on it. */
export function ErasuresPage() {
  const { values, set } = useQuery();
  const { state = "", before, receipt } = values;
  const query = {
    ...(state !== "" && { state }),
    ...(receipt !== undefined && { receipt }),
    ...(before !== undefined && { before }),
  };
  const asked = useAnswer(JSON.stringify(query), (signal) =>
    // The API refuses what the address should not hold, and says why.
    answerOf(api.GET("/erasures", { params: { query: query as object }, signal })),
  );
  return (
    <PrivacyFrame
      title="Erasures and receipts"
      lead="What was erased, and the receipts that prove it. They name nobody."
    >
      <form class="fields" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="State"
          value={state}
          choices={Object.keys(MOODS)}
          none="all states"
          onChange={(next) => set({ state: next, before: "" })}
        />
        <ReceiptNumber value={receipt ?? ""} onChange={(next) => set({ receipt: next, before: "", state: "" })} />
      </form>
      <Pending asked={asked} what="the erasures" />
      {asked.answer !== undefined && (
        <>
          <Table
            caption="Erasures"
            hasHeading
            columns={COLUMNS}
            rows={asked.answer.erasures}
            keyOf={({ id }) => id}
            empty={receipt === undefined ? "No erasure matches these filters." : `There is no receipt No. ${receipt}.`}
          />
          <Pager
            isNewest={before === undefined}
            nextCursor={asked.answer.nextCursor}
            onOpen={(before) => set({ before })}
          />
        </>
      )}
    </PrivacyFrame>
  );
}

function ReceiptNumber({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  return (
    <>
      <Field label="Receipt No.">
        {(ids) => (
          <input
            {...ids}
            inputMode="numeric"
            pattern="[1-9][0-9]*"
            size={8}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") onChange(typed.trim());
            }}
          />
        )}
      </Field>
      <button type="button" onClick={() => onChange(typed.trim())}>
        Find
      </button>
    </>
  );
}
