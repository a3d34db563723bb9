import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatThings } from "../../format/quantities.js";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { Choice } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Message, Problem } from "../../parts/message.js";
import { Loading, Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { State } from "../../parts/state.js";
import { may, session } from "../../session.js";
import { DaysLeft } from "./days-left.js";
import { PrivacyFrame } from "./privacy-frame.js";
import { ReasonDialog } from "./reason-dialog.js";
import { QUESTIONS, REQUEST_STATES, SUBJECTS } from "./words.js";

type Request = Schemas["Request"];
type Comparison = Schemas["RequestComparison"];
type Decision = "approve" | "reject" | "extend";

const DECIDABLE: readonly Request["state"][] = ["undecided", "awaiting second approval"];
const REFUSABLE: readonly Request["state"][] = [...DECIDABLE, "malformed", "unreadable", "masked"];

/** One request to be forgotten: its clock, what it says beside what the warehouse has, and the decision. */
export function RequestPage() {
  const { id = "" } = useRoute().params;
  const asked = useAnswer(id, (signal) => answerOf(api.GET("/requests/{id}", { params: { path: { id } }, signal })));
  const [decision, setDecision] = useState<Decision>();
  const [told, setTold] = useState<string>();
  const request = asked.answer;
  if (request === undefined) {
    return (
      <PrivacyFrame title="Request">
        <Pending asked={asked} what="the request" />
      </PrivacyFrame>
    );
  }
  const done = (sentence: string) => {
    setTold(sentence);
    setDecision(undefined);
    asked.again();
  };
  return (
    <PrivacyFrame
      title={`Request ${id.length > 15 ? id.slice(0, 8) : id}`}
      lead={REQUEST_STATES[request.state].meaning}
      actions={may("privacy-officer") && <Actions request={request} onDecide={setDecision} />}
    >
      {told !== undefined && <Message mood="good">{told}</Message>}
      <Facts request={request} />
      {DECIDABLE.includes(request.state) && <ComparisonPanel id={id} />}
      {decision === "approve" && request.quarantineId !== null && (
        <ApproveDialog quarantineId={request.quarantineId} onClose={() => setDecision(undefined)} onDone={done} />
      )}
      {decision === "reject" && request.quarantineId !== null && (
        <RejectDialog quarantineId={request.quarantineId} onClose={() => setDecision(undefined)} onDone={done} />
      )}
      {decision === "extend" && <ExtendDialog id={id} onClose={() => setDecision(undefined)} onDone={done} />}
    </PrivacyFrame>
  );
}

function Actions({ request, onDecide }: { request: Request; onDecide: (decision: Decision) => void }) {
  const { state, closedAt, isExtended, quarantineId } = request;
  return (
    <>
      {DECIDABLE.includes(state) && quarantineId !== null && (
        <button type="button" class="primary" onClick={() => onDecide("approve")}>
          Approve …
        </button>
      )}
      {REFUSABLE.includes(state) && quarantineId !== null && (
        <button type="button" class="danger" onClick={() => onDecide("reject")}>
          Refuse …
        </button>
      )}
      {closedAt === null && !isExtended && (
        <button type="button" onClick={() => onDecide("extend")}>
          Extend the term …
        </button>
      )}
    </>
  );
}

function Facts({ request }: { request: Request }) {
  const { state, receivedAt, due, daysLeft, isExtended, closedAt, reason, erasureId, quarantineId } = request;
  return (
    <Panel title="The request">
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <State mood={REQUEST_STATES[state].mood}>{state}</State>
        </dd>
        <dt>Legal clock</dt>
        <dd>
          <DaysLeft daysLeft={daysLeft} due={due} />
        </dd>
        <dt>Received</dt>
        <dd>
          <Instant at={receivedAt} exact />
        </dd>
        <dt>To be answered by</dt>
        <dd>
          <Instant at={due} exact /> {isExtended && "(extended)"}
        </dd>
        {closedAt !== null && (
          <>
            <dt>Answered</dt>
            <dd>
              <Instant at={closedAt} exact />
            </dd>
          </>
        )}
        {reason !== null && (
          <>
            <dt>Reason</dt>
            <dd>{reason}</dd>
          </>
        )}
        {erasureId !== null && (
          <>
            <dt>Erasure</dt>
            <dd>
              <a class="mono" href={`/console/privacy/erasures/${erasureId}`}>
                {erasureId}
              </a>
            </dd>
          </>
        )}
        {quarantineId !== null && (
          <>
            <dt>Record</dt>
            <dd>
              <a href={`/console/quarantine/${quarantineId}`}>{quarantineId} in quarantine</a>
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

/** Asks only when somebody wants to see: a look at personal data is recorded. */
function ComparisonPanel({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(!may("privacy-officer"));
  return (
    <Panel title="What it says, and what the warehouse has">
      {isOpen ? (
        <ComparisonOf id={id} />
      ) : (
        <>
          <p>This shows personal data, and records that {session.caller.value?.name ?? "you"} looked at it.</p>
          <button type="button" onClick={() => setOpen(true)}>
            Show both sides
          </button>
        </>
      )}
    </Panel>
  );
}

function ComparisonOf({ id }: { id: string }) {
  const asked = useAnswer(`comparison ${id}`, (signal) =>
    answerOf(api.GET("/requests/{id}/comparison", { params: { path: { id } }, signal })),
  );
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="both sides" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  const { question, isMasked, approvals, approvalsNeeded } = asked.answer;
  return (
    <>
      {question !== null && <Message mood="warn">{QUESTIONS[question]}</Message>}
      <Sides comparison={asked.answer} />
      {isMasked && <p class="quiet">Values are masked. A privacy officer sees them.</p>}
      {approvalsNeeded > 1 && <p>Two people of different names must approve it.</p>}
      {approvals.map(({ by, at }) => (
        <p key={by}>
          Approved by {by} <Instant at={at} />
        </p>
      ))}
    </>
  );
}

function Sides({ comparison: { request, ofId, ofEmail, matches } }: { comparison: Comparison }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section class="table sides" tabIndex={0} aria-label="Both sides">
      <table>
        <caption class="unseen">What the request says, and who is known under its id and under its email</caption>
        <thead>
          <tr>
            <th scope="col">&nbsp;</th>
            <th scope="col">The request says</th>
            <th scope="col">Known under the id</th>
            <th scope="col">Known under the email</th>
            <th scope="col">Does it match?</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Customer id</th>
            <td>{request.customerId ?? "–"}</td>
            <td>{list(ofId.customerIds)}</td>
            <td>{list(ofEmail.customerIds)}</td>
            <td>
              <Match isGood={matches.idIsKnown} yes="the id is known" no="nobody has the id" />{" "}
              {matches.idIsReused && <State mood="warn">several people have the id</State>}
            </td>
          </tr>
          <tr>
            <th scope="row">Email</th>
            <td>{request.email ?? "–"}</td>
            <td>{list(ofId.emails)}</td>
            <td>{list(ofEmail.emails)}</td>
            <td>
              <Match isGood={matches.emailIsOfId} yes="it is or was that of the id" no="it never was that of the id" />{" "}
              {matches.emailIsShared && <State mood="warn">other people have the email</State>}
            </td>
          </tr>
          <tr>
            <th scope="row">Names</th>
            <td>–</td>
            <td>{list(ofId.names)}</td>
            <td>{list(ofEmail.names)}</td>
            <td>&nbsp;</td>
          </tr>
          <tr>
            <th scope="row">Records</th>
            <td>–</td>
            <td>{formatThings(ofId.records, "record")}</td>
            <td>{formatThings(ofEmail.records, "record")}</td>
            <td>&nbsp;</td>
          </tr>
        </tbody>
      </table>
    </section>
  );
}

function Match({ isGood, yes, no }: { isGood: boolean; yes: string; no: string }) {
  return <State mood={isGood ? "good" : "bad"}>{isGood ? yes : no}</State>;
}

function list(values: readonly string[]): string {
  return values.length === 0 ? "nobody" : values.join(", ");
}

interface DecisionProps {
  readonly onClose: () => void;
  readonly onDone: (sentence: string) => void;
}

function ApproveDialog({ quarantineId, onClose, onDone }: DecisionProps & { quarantineId: number }) {
  const [subject, setSubject] = useState("");
  const action = useAction(async () => {
    const { state, takenBy } = await answerOf(
      api.POST("/erasures/requests/{quarantineId}/approve", {
        params: { path: { quarantineId } },
        body: subject === "" ? {} : { subject: subject as keyof typeof SUBJECTS },
      }),
    );
    if (state === "awaiting second approval")
      return onDone("Your approval is recorded. A second person must approve it, too.");
    onDone(
      takenBy === "this_run"
        ? "It is approved, and a run has begun that takes it."
        : "It is approved. The next run takes it.",
    );
  });
  return (
    <Dialog title="Approve this request" onClose={onClose}>
      <p>The person is erased, everywhere and for good. This cannot be taken back.</p>
      <Choice
        label="Whose data goes"
        value={subject}
        choices={Object.entries(SUBJECTS)}
        none="as the question suggests"
        onChange={setSubject}
      />
      <Problem problem={action.problem} />
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={action.isDoing} onClick={() => void action.run()}>
          Approve
        </button>
      </div>
    </Dialog>
  );
}

function RejectDialog({ quarantineId, onClose, onDone }: DecisionProps & { quarantineId: number }) {
  return (
    <ReasonDialog
      title="Refuse this request"
      confirm="Refuse"
      kind="danger"
      onClose={onClose}
      act={async (reason) => {
        await answerOf(
          api.POST("/erasures/requests/{quarantineId}/reject", {
            params: { path: { quarantineId } },
            body: { reason },
          }),
        );
        onDone("It is refused. Tell its sender why (GDPR Art. 12(4)).");
      }}
    >
      <p>The request stays out, and what it held is masked. Its sender must be told why.</p>
    </ReasonDialog>
  );
}

function ExtendDialog({ id, onClose, onDone }: DecisionProps & { id: string }) {
  return (
    <ReasonDialog
      title="Extend the term by two months"
      confirm="Extend"
      onClose={onClose}
      act={async (reason) => {
        await answerOf(api.POST("/erasures/requests/{id}/extend", { params: { path: { id } }, body: { reason } }));
        onDone("The term is extended. Tell its sender why, within the first month (GDPR Art. 12(3)).");
      }}
    >
      <p>The law allows it once, and its sender must be told why within the first month.</p>
    </ReasonDialog>
  );
}
