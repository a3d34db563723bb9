import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatThings } from "../../format/quantities.js";
import { Instant } from "../../parts/instant.js";
import { Message, Problem } from "../../parts/message.js";
import { Loading } from "../../parts/page.js";
import { State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";
import type { DeadLetterPage } from "./dead-letters.js";

const REFRESH_MS = 60_000;

/** What `lethe doctor` says, as the scheduler sees it: errors first. */
export function Doctor({ deadLetters }: { deadLetters: DeadLetterPage | undefined }) {
  const asked = useAnswer("doctor", (signal) => answerOf(api.GET("/doctor", { signal })), REFRESH_MS);
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="the findings" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  const { findings, made, leftOut, askedAt } = asked.answer;
  const failed = deadLetters?.deadLetters.length ?? 0;
  const sorted = findings.toSorted((a, b) => a.severity.localeCompare(b.severity));
  return (
    <>
      <p class="row">
        <span>
          {formatThings(made.length, "check")} made <Instant at={askedAt} />
        </span>
        <button type="button" disabled={asked.isAsking} onClick={asked.again}>
          Look again
        </button>
      </p>
      {findings.length === 0 && failed === 0 && <Message mood="good">Nothing is wrong.</Message>}
      {failed > 0 && (
        <Message mood="bad">
          {formatThings(failed, "piece of work has", "pieces of work have")}
          {deadLetters?.nextCursor != null && " or more"} failed for good: see below.
        </Message>
      )}
      {findings.length > 0 && (
        <Table
          caption="Checks"
          hasHeading
          columns={[
            {
              title: "Severity",
              isWhole: true,
              cell: ({ severity }) => <State mood={severity === "error" ? "bad" : "warn"}>{severity}</State>,
            },
            {
              title: "What is wrong",
              cell: ({ what, where, code }) => (
                <>
                  <span class="mono">{where}</span>: {what} <code>{code}</code>
                </>
              ),
            },
            { title: "What to do", cell: ({ remedy }) => withCode(remedy) },
          ]}
          rows={sorted}
          keyOf={({ code, where, what }) => `${code} ${where} ${what}`}
          empty=""
        />
      )}
      {leftOut.length > 0 && (
        <details>
          <summary>{formatThings(leftOut.length, "check")} left out</summary>
          <ul>
            {leftOut.map(({ check, wants }) => (
              <li key={check}>
                {check}: {WHY[wants]}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** Draws what stands between backticks as code. */
function withCode(text: string) {
  return text.split("`").map((part, i) => (i % 2 === 1 ? <code key={part}>{part}</code> : part));
}

const WHY = {
  server: "the server that it needs does not answer.",
  setting: "it needs a setting that the scheduler does not have. Run “lethe doctor” where the other services run.",
} as const;
