import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Problem } from "../../parts/message.js";
import { Loading, Page } from "../../parts/page.js";

/** What runs, what is late, and what needs somebody. */
export function OverviewPage() {
  const asked = useAnswer("jobs", (signal) => answerOf(api.GET("/jobs", { signal })));
  return (
    <Page title="Overview">
      <Problem problem={asked.problem} again={asked.again} />
      {asked.answer === undefined ? <Loading what="the jobs" /> : <pre>{JSON.stringify(asked.answer, null, 1)}</pre>}
    </Page>
  );
}
