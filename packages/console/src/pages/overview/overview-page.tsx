import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Page } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { JobPanel } from "./job-panel.js";
import { Needs } from "./needs.js";

const REFRESH_MS = 5_000;

/** What runs, what is late, and what needs attention. */
export function OverviewPage() {
  const asked = useAnswer("overview", (signal) => answerOf(api.GET("/overview", { signal })), REFRESH_MS);
  return (
    <Page title="Overview" lead="What runs, how fresh the data is, and what needs attention.">
      <Pending asked={asked} what="the overview" />
      {asked.answer !== undefined && (
        <>
          <Needs needs={asked.answer.needsSomebody} />
          <div class="grid jobs">
            {asked.answer.jobs.map((job) => (
              <JobPanel key={job.job} job={job} />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}
