import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Problem } from "../../parts/message.js";
import { Loading, Page } from "../../parts/page.js";
import { JobPanel } from "./job-panel.js";
import { Needs } from "./needs.js";

const REFRESH_MS = 5_000;

/** What runs, what is late, and what needs somebody. */
export function OverviewPage() {
  const { answer, problem, again } = useAnswer(
    "overview",
    (signal) => answerOf(api.GET("/overview", { signal })),
    REFRESH_MS,
  );
  return (
    <Page title="Overview" lead="What runs, how fresh the data is, and what needs attention.">
      <Problem problem={problem} again={again} />
      {answer === undefined && problem === undefined && <Loading what="the overview" />}
      {answer !== undefined && (
        <>
          <Needs needs={answer.needsSomebody} />
          <div class="grid jobs">
            {answer.jobs.map((job) => (
              <JobPanel key={job.job} job={job} />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}
