import type { Schemas } from "../../api/client.js";
import { formatThings } from "../../format/quantities.js";
import { Panel } from "../../parts/page.js";
import { State } from "../../parts/state.js";

type Need = Schemas["Overview"]["needsSomebody"][number];

/** What is counted, and the page of the console that shows it. */
const NEEDS = {
  requests_overdue: {
    one: "request is past its legal term",
    many: "requests are past their legal term",
    page: "privacy",
    bad: true,
  },
  requests_due_soon: {
    one: "request is due within a week",
    many: "requests are due within a week",
    page: "privacy",
    bad: false,
  },
  failed_runs: { one: "run has failed", many: "runs have failed", page: "runs?state=failed", bad: true },
  dead_letters: {
    one: "piece of work has failed for good",
    many: "pieces of work have failed for good",
    page: "health",
    bad: true,
  },
  arrival_alerts: {
    one: "alert about a missing partition",
    many: "alerts about missing partitions",
    page: "quality",
    bad: true,
  },
  freshness_alerts: { one: "alert about old data", many: "alerts about old data", page: "quality", bad: true },
  quality_alerts: {
    one: "alert about a failing check",
    many: "alerts about failing checks",
    page: "quality",
    bad: true,
  },
  run_alerts: {
    one: "alert about a run with many rejects",
    many: "alerts about runs with many rejects",
    page: "quality",
    bad: false,
  },
  schedule_alerts: { one: "alert about a schedule", many: "alerts about schedules", page: "quality", bad: true },
  not_taken: {
    one: "entry of landing was not taken",
    many: "entries of landing were not taken",
    page: "runs",
    bad: false,
  },
  requests: { one: "request waits for a decision", many: "requests wait for a decision", page: "privacy", bad: false },
  questions: {
    one: "question waits for a decision",
    many: "questions wait for a decision",
    page: "privacy",
    bad: false,
  },
  findings: {
    one: "mention of an erased person to look at",
    many: "mentions of erased people to look at",
    page: "privacy/findings",
    bad: false,
  },
} as const satisfies Readonly<Record<Need["what"], { one: string; many: string; page: string; bad: boolean }>>;

/** What waits for somebody, with a link to the page where they can do something about it. */
export function Needs({ needs }: { needs: readonly Need[] }) {
  return (
    <Panel title="Needs attention">
      {needs.length === 0 ? (
        <p>
          <State mood="good">nothing</State>
        </p>
      ) : (
        <ul class="needs">
          {needs.map(({ what, dataset, count }) => {
            const { one, many, page, bad } = NEEDS[what];
            const target = what === "failed_runs" && dataset !== null ? `${page}&job=${dataset}` : page;
            return (
              <li key={`${what} ${dataset}`}>
                <State mood={bad ? "bad" : "warn"}>{bad ? "failed" : "to do"}</State>{" "}
                <a href={`/console/${target}`}>
                  {formatThings(count, one, many)}
                  {dataset !== null && ` (${dataset})`}
                </a>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}
