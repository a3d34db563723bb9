import { useLocation } from "preact-iso";
import type { paths } from "../../../generated/api.js";
import type { Schemas } from "../../api/client.js";
import { answerOf, api } from "../../api/client.js";
import { type Asked, useAnswer } from "../../api/use-answer.js";
import { ActionButton } from "../../parts/action.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Loading } from "../../parts/page.js";
import { type Column, Table } from "../../parts/table.js";
import { may } from "../../session.js";

/** The newest pieces of work that have failed for good. */
export type DeadLetterPage = paths["/dead-letters"]["get"]["responses"][200]["content"]["application/json"];
type DeadLetter = Schemas["DeadLetter"];

const SHOWN = 50;

/** Asks for the newest work that has failed for good. */
export function useDeadLetters(): Asked<DeadLetterPage> {
  const query = { status: "open" as const, limit: SHOWN };
  return useAnswer("dead letters", (signal) => answerOf(api.GET("/dead-letters", { params: { query }, signal })));
}

/** Work that has failed for good and waits for somebody, newest first. */
export function DeadLetters({ asked }: { asked: Asked<DeadLetterPage> }) {
  const { route } = useLocation();
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="what has failed for good" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  const replay: Column<DeadLetter> = {
    title: "What to do",
    cell: ({ id }) => (
      <ActionButton
        act={async () => {
          const run = await answerOf(api.POST("/dead-letters/{id}/replay", { params: { path: { id } } }));
          route(`/console/runs/${run.id}`);
        }}
      >
        Try again
      </ActionButton>
    ),
  };
  return (
    <>
      <Table
        caption="Failed for good"
        hasHeading
        columns={[...COLUMNS, ...(may("operator") ? [replay] : [])]}
        rows={asked.answer.deadLetters}
        keyOf={({ id }) => id}
        empty="Nothing has failed for good."
      />
      {asked.answer.nextCursor !== null && <p class="quiet">These are the newest {SHOWN}.</p>}
    </>
  );
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  {
    title: "Run",
    isWhole: true,
    cell: ({ runId, job }) => (
      <>
        <a href={`/console/runs/${runId}`}>{job}</a> <span class="mono quiet">{runId.slice(0, 8)}</span>
      </>
    ),
  },
  { title: "Stage", cell: ({ stage }) => stage },
  {
    title: "What is wrong",
    cell: ({ message, code }) => (
      <>
        {message} <code>{code}</code>
      </>
    ),
  },
  { title: "Since", isWhole: true, cell: ({ failedAt }) => <Instant at={failedAt} /> },
];
