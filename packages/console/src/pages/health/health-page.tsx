import { api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Message, Problem } from "../../parts/message.js";
import { Page, Panel } from "../../parts/page.js";
import { may } from "../../session.js";
import { DeadLetters, useDeadLetters } from "./dead-letters.js";
import { Doctor } from "./doctor.js";
import { Keys } from "./keys.js";
import { Queues } from "./queues.js";
import { Services } from "./services.js";
import { Tokens } from "./tokens.js";

/** What works, with what, and what somebody should set right. */
export function HealthPage() {
  const deadLetters = useDeadLetters();
  return (
    <Page
      title="Health"
      lead="What works, with what, and what somebody should set right."
      actions={
        <>
          <a class="button" href="/docs">
            API
          </a>
          <a class="button" href="/queues">
            Bull Board
          </a>
        </>
      }
    >
      <ReadinessMessage />
      <Panel title="Checks">
        <Doctor deadLetters={deadLetters.answer} />
      </Panel>
      <Panel title="Failed for good">
        <DeadLetters asked={deadLetters} />
      </Panel>
      <Panel title="Services">
        <Services />
      </Panel>
      <Panel title="Queues">
        <Queues />
      </Panel>
      <Panel title="Keys">
        <Keys />
      </Panel>
      {may("admin") && (
        <Panel title="API tokens">
          <Tokens />
        </Panel>
      )}
    </Page>
  );
}

type Readiness = Schemas["Readiness"];

const REFRESH_MS = 10_000;

/** Whether the scheduler itself can work. */
function ReadinessMessage() {
  const asked = useAnswer("readiness", readReadiness, REFRESH_MS);
  if (asked.answer === undefined) return <Problem problem={asked.problem} again={asked.again} />;
  const { ready, reasons, warnings } = asked.answer;
  return (
    <Message mood={ready ? (warnings.length > 0 ? "warn" : "good") : "bad"}>
      <p>
        {ready ? "The scheduler is ready." : "The scheduler is not ready. It answers, but parts of it cannot work:"}
      </p>
      {(Object.keys(reasons).length > 0 || warnings.length > 0) && (
        <ul>
          {Object.entries(reasons).map(([check, reason]) => (
            <li key={check}>
              {check}: <code>{reason}</code>
            </li>
          ))}
          {warnings.map((code) => (
            <li key={code}>
              somebody should look at <code>{code}</code>
            </li>
          ))}
        </ul>
      )}
    </Message>
  );
}

/** A scheduler that is not ready says so with the status 503, which is an answer here. */
async function readReadiness(signal: AbortSignal): Promise<Readiness> {
  const { data, error } = await api.GET("/readyz", { signal });
  const found = data ?? error;
  if (found === undefined || !("checks" in found)) throw new Error("the scheduler does not say whether it is ready");
  return found;
}
