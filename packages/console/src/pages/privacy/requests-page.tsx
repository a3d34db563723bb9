import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { Choice } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Loading, Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { State } from "../../parts/state.js";
import { type Column, Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { may } from "../../session.js";
import { DaysLeft } from "./days-left.js";
import { PrivacyFrame } from "./privacy-frame.js";
import { QUESTIONS, REQUEST_STATES } from "./words.js";

type Request = Schemas["Request"];

const COLUMNS: readonly Column<Request>[] = [
  {
    title: "Request",
    isWhole: true,
    cell: ({ id }) => (
      <a class="mono" href={`/console/privacy/requests/${id}`}>
        {id.length > 15 ? id.slice(0, 8) : id}
      </a>
    ),
  },
  {
    title: "State",
    cell: ({ state, isExtended }) => (
      <>
        <State mood={REQUEST_STATES[state].mood}>{state}</State>
        {isExtended && <span class="quiet"> extended</span>}
      </>
    ),
  },
  { title: "Legal clock", isWhole: true, cell: ({ daysLeft, due }) => <DaysLeft daysLeft={daysLeft} due={due} /> },
  { title: "Received", isWhole: true, cell: ({ receivedAt }) => <Instant at={receivedAt} /> },
  { title: "What it asks of you", cell: ({ state }) => REQUEST_STATES[state].meaning },
  { title: "Reason", cell: ({ reason }) => reason ?? "" },
];

/** Requests to be forgotten, the most urgent first, and the questions that a privacy officer decides. */
export function RequestsPage() {
  const { values, set } = useQuery();
  const { state = "", show = "open", before } = values;
  const query = {
    ...(show === "open" && { open: true, order: "due" as const }),
    ...(show === "answered" && { open: false }),
    ...(state !== "" && { state }),
    ...(before !== undefined && { before }),
  };
  const asked = useAnswer(JSON.stringify(query), (signal) =>
    // The API refuses what the address should not hold, and says why.
    answerOf(api.GET("/requests", { params: { query: query as object }, signal })),
  );
  return (
    <PrivacyFrame
      title="Privacy"
      lead="Requests to be forgotten, and what a privacy officer has to decide. The law gives a month from the arrival of each."
      actions={
        may("privacy-officer") && (
          <a class="button" href="/console/privacy/person">
            Ask for an erasure
          </a>
        )
      }
    >
      <form class="fields" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Show"
          value={show}
          choices={[
            ["open", "those to be answered, most urgent first"],
            ["answered", "those that are answered"],
            ["all", "all, newest first"],
          ]}
          onChange={(next) => set({ show: next === "open" ? "" : next, before: "" })}
        />
        <Choice
          label="State"
          value={state}
          choices={Object.keys(REQUEST_STATES)}
          none="all states"
          onChange={(next) => set({ state: next, before: "" })}
        />
      </form>
      <Pending asked={asked} what="the requests" />
      {asked.answer !== undefined && (
        <>
          <Table
            caption="Requests"
            hasHeading
            columns={COLUMNS}
            rows={asked.answer.requests}
            keyOf={({ id }) => id}
            empty={show === "open" ? "No request waits for an answer." : "No request matches these filters."}
          />
          <div class="row">
            {before !== undefined && (
              <button type="button" onClick={() => set({ before: "" })}>
                First page
              </button>
            )}
            {asked.answer.nextCursor !== null && (
              <button type="button" onClick={() => set({ before: asked.answer?.nextCursor ?? "" })}>
                Next page
              </button>
            )}
          </div>
        </>
      )}
      <Panel title="Open questions">
        <Questions />
      </Panel>
    </PrivacyFrame>
  );
}

function Questions() {
  const asked = useAnswer("questions", (signal) => answerOf(api.GET("/erasures/questions", { signal })));
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="the questions" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  return (
    <Table
      caption="Open questions"
      hasHeading
      columns={[
        {
          title: "Question",
          cell: ({ id, kind, requestId }) => (
            <a
              href={requestId === null ? `/console/privacy/questions/${id}` : `/console/privacy/requests/${requestId}`}
            >
              {QUESTIONS[kind]}
            </a>
          ),
        },
        {
          title: "About",
          isWhole: true,
          cell: ({ requestId }) => (requestId === null ? "records that are held" : `request ${requestId}`),
        },
        { title: "Held records", isNumber: true, cell: ({ heldRecords }) => formatCount(heldRecords) },
        { title: "Open since", isWhole: true, cell: ({ openedAt }) => <Instant at={openedAt} /> },
      ]}
      rows={asked.answer.questions}
      keyOf={({ id }) => id}
      empty="No question is open."
    />
  );
}
