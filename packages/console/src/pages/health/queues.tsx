import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount, formatDuration } from "../../format/quantities.js";
import { Problem } from "../../parts/message.js";
import { Loading } from "../../parts/page.js";
import { State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";

const REFRESH_MS = 5_000;

/** How many jobs each queue has, and for how long the oldest waits. */
export function Queues() {
  const asked = useAnswer("queues", (signal) => answerOf(api.GET("/queue-depths", { signal })), REFRESH_MS);
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="the queues" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  return (
    <>
      <Table
        caption="Queues"
        hasHeading
        columns={[
          {
            title: "Queue",
            cell: ({ name, isPaused }) => (
              <>
                <a href={`/queues/queue/${name}`}>{name}</a> {isPaused && <State mood="warn">paused</State>}
              </>
            ),
          },
          { title: "Waiting", isNumber: true, cell: ({ jobs }) => formatCount(jobs.waiting + jobs.prioritized) },
          {
            title: "Oldest waits",
            isNumber: true,
            cell: ({ oldestWaitingSeconds: seconds }) => (seconds === null ? "–" : formatDuration(seconds * 1_000)),
          },
          { title: "At work", isNumber: true, cell: ({ jobs }) => formatCount(jobs.active) },
          { title: "Delayed", isNumber: true, cell: ({ jobs }) => formatCount(jobs.delayed) },
          { title: "Wait for others", isNumber: true, cell: ({ jobs }) => formatCount(jobs["waiting-children"]) },
          { title: "Failed", isNumber: true, cell: ({ jobs }) => formatCount(jobs.failed) },
          {
            title: "Workers",
            isNumber: true,
            cell: ({ workers }) => (workers === null ? "unknown" : formatCount(workers)),
          },
        ]}
        rows={asked.answer.queues}
        keyOf={({ name }) => name}
        empty="There is no queue."
      />
      <p class="quiet">Bull Board shows the jobs of a queue one by one.</p>
    </>
  );
}
