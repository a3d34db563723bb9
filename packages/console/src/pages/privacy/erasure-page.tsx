import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatBytes, formatCount, formatThings } from "../../format/quantities.js";
import { useAction } from "../../parts/action.js";
import { Instant } from "../../parts/instant.js";
import { Message, Problem } from "../../parts/message.js";
import { Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { PlaceName } from "../../parts/place-name.js";
import { State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";
import { may } from "../../session.js";
import { DaysLeft } from "./days-left.js";
import { MOODS } from "./erasures-page.js";
import { PrivacyFrame } from "./privacy-frame.js";
import { ReasonDialog } from "./reason-dialog.js";
import { OUTCOMES } from "./words.js";

type Detail = Schemas["ErasureDetail"];
type Receipt = Schemas["Receipt"];
type Verification = Schemas["Verification"];

/** One erasure: what was done, its receipt, whether both still hold, and the lift of its suppression. */
export function ErasurePage() {
  const { id = "" } = useRoute().params;
  const asked = useAnswer(id, (signal) => answerOf(api.GET("/erasures/{id}", { params: { path: { id } }, signal })));
  const [isLifting, setLifting] = useState(false);
  const erasure = asked.answer;
  if (erasure === undefined) {
    return (
      <PrivacyFrame title="Erasure">
        <Pending asked={asked} what="the erasure" />
      </PrivacyFrame>
    );
  }
  const { receipt, state } = erasure;
  return (
    <PrivacyFrame
      title={receipt === null ? `Erasure ${id.slice(0, 8)}` : `Receipt No. ${receipt.sequence}`}
      lead={<span class="mono">{id}</span>}
      actions={
        <>
          {receipt !== null && (
            <a class="button" href={`/erasures/${id}/receipt?format=html`} target="_blank" rel="noopener">
              Printable receipt
            </a>
          )}
          {may("privacy-officer") && state !== "lifted" && (
            <button type="button" class="danger" onClick={() => setLifting(true)}>
              Lift the suppression …
            </button>
          )}
        </>
      }
    >
      <Facts erasure={erasure} />
      {receipt !== null && <ReceiptPanel receipt={receipt} />}
      <Mentions id={id} />
      {receipt !== null && may("privacy-officer") && <VerifyPanel id={id} />}
      {isLifting && (
        <ReasonDialog
          title="Let the person in again"
          confirm="Lift"
          kind="danger"
          onClose={() => setLifting(false)}
          act={async (note) => {
            await answerOf(api.POST("/erasures/{id}/lift", { params: { path: { id } }, body: { note } }));
            asked.again();
          }}
        >
          <p>
            Records that come from now on are no longer masked. What was masked stays so. The person must have
            consented.
          </p>
        </ReasonDialog>
      )}
    </PrivacyFrame>
  );
}

function Facts({ erasure }: { erasure: Detail }) {
  const { state, outcome, found, failure, runId } = erasure;
  return (
    <Panel title="The erasure">
      {failure !== undefined && (
        <Message mood="bad">
          It is held up by <code>{failure.errorCode}</code> in <span class="mono">{failure.place}</span> and tried again{" "}
          <Instant at={failure.nextAttemptAt} />.
        </Message>
      )}
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <State mood={MOODS[state]}>{state}</State>
        </dd>
        <dt>Outcome</dt>
        <dd>
          {outcome}: {OUTCOMES[outcome]}
        </dd>
        <dt>Known when asked</dt>
        <dd>{found ? "yes" : "no"}</dd>
        <dt>Pseudonym</dt>
        <dd class="mono">{erasure.pseudonym}</dd>
        <dt>Received</dt>
        <dd>
          <Instant at={erasure.receivedAt} exact />
        </dd>
        <dt>Suppressed</dt>
        <dd>
          <Instant at={erasure.suppressedAt} exact />
        </dd>
        <dt>Completed</dt>
        <dd>
          <Instant at={erasure.completedAt} exact />
        </dd>
        <dt>Legal clock</dt>
        <dd>
          <DaysLeft daysLeft={erasure.daysLeft} due={erasure.due} />
        </dd>
        <dt>Run</dt>
        <dd>
          <a class="mono" href={`/console/runs/${runId}`}>
            {runId.slice(0, 8)}
          </a>
        </dd>
      </dl>
    </Panel>
  );
}

function ReceiptPanel({ receipt: { body, checkpoint, hash } }: { receipt: Receipt }) {
  const { scan, places } = body;
  return (
    <Panel title="The receipt">
      <p class="row">
        {checkpoint === null ? (
          <State mood="warn">not yet under a signature</State>
        ) : (
          <>
            <State mood="good">signed</State>
            <span>
              checkpoint {checkpoint.number}, <Instant at={checkpoint.createdAt} exact />, key{" "}
              <code>{checkpoint.keyId}</code>
            </span>
          </>
        )}
      </p>
      <p>
        The closing scan had {formatThings(scan.findings, "finding")} in {formatThings(scan.tables, "table")},{" "}
        {formatThings(scan.records, "record")} and {formatThings(scan.files, "file")} ({formatBytes(scan.bytes)}).
      </p>
      <Table
        caption="What was masked"
        columns={[
          {
            title: "Place",
            cell: ({ place, name }) => <PlaceName place={place} name={name} />,
          },
          { title: "Records", isNumber: true, cell: ({ records }) => formatCount(records) },
          { title: "Values", isNumber: true, cell: ({ values }) => formatCount(values) },
        ]}
        rows={places}
        keyOf={({ place, name }) => `${place}/${name}`}
        empty="Nothing of the person was there to be masked."
      />
      <p class="quiet">
        Hash <span class="mono">{hash}</span>
      </p>
    </Panel>
  );
}

const MOST_MENTIONS = 200;

/** Leads to what other people's records still say of the person, where there is any. */
function Mentions({ id }: { id: string }) {
  const query = { erasureId: id, limit: MOST_MENTIONS };
  const asked = useAnswer(`mentions ${id}`, (signal) =>
    answerOf(api.GET("/erasures/findings", { params: { query }, signal })),
  );
  const count = asked.answer?.findings.length ?? 0;
  if (asked.problem !== undefined) return <Problem problem={asked.problem} again={asked.again} />;
  if (count === 0) return null;
  return (
    <Message mood="warn">
      <p>
        Somebody has to look at{" "}
        <a href={`/console/privacy/findings?erasureId=${id}`}>
          {count < MOST_MENTIONS ? formatThings(count, "mention") : `${formatCount(count)} mentions or more`} in other
          people’s records
        </a>
        .
      </p>
    </Message>
  );
}

function VerifyPanel({ id }: { id: string }) {
  const action = useAction(() => answerOf(api.POST("/erasures/{id}/verify", { params: { path: { id } } })));
  return (
    <Panel title="Does it still hold?">
      <p>
        Checks the receipt, the whole log that it stands in and the signatures, then looks through every table and file
        for the person. It takes as long as reading everything does.
      </p>
      <button type="button" disabled={action.isDoing} onClick={() => void action.run()}>
        {action.isDoing ? "Verifying …" : "Verify now"}
      </button>
      <Problem problem={action.problem} />
      {action.done !== undefined && <Verified verification={action.done} />}
    </Panel>
  );
}

const SEARCHES = {
  made: undefined,
  no_key: "Nobody was looked for: the scheduler has no privacy key. “lethe erasure verify” does it where the key is.",
  lifted: "Nobody was looked for: the suppression of the person was lifted.",
} as const;

function Verified({ verification }: { verification: Verification }) {
  const { isProven, receiptFaults, faults, withoutReceipt, findings, looked, held, notSearched, search } = verification;
  const isWrong = receiptFaults.length + faults.length + withoutReceipt.length + findings.length > 0;
  const unsearched = [
    [notSearched.tables, "table", "the scheduler may not read them"],
    [notSearched.sealed, "file", "encrypted, since nothing can read them"],
    [notSearched.unreadable, "file", "the disk does not give them"],
    [notSearched.missing, "file", "they are not there"],
  ] as const;
  const isPartial = search === "made" && unsearched.some(([count]) => count > 0);
  const left = [
    ...(verification.isSigned ? [] : ["No signed checkpoint covers the receipt yet."]),
    ...(verification.isSignatureChecked ? [] : ["Signatures were not checked: the scheduler has no signing key."]),
    ...(SEARCHES[search] === undefined ? [] : [SEARCHES[search]]),
    ...(held === 0 ? [] : [`${formatThings(held, "record")} held until a person decides whose they are.`]),
    ...unsearched.flatMap(([count, thing, why]) =>
      count === 0 ? [] : [`Not searched: ${formatThings(count, thing)} (${why}).`],
    ),
  ];
  return (
    <Message mood={isWrong ? "bad" : isProven && !isPartial ? "good" : "warn"}>
      <p>
        <strong>
          {isWrong
            ? "It does not hold."
            : isPartial
              ? "No trace found in what could be searched."
              : isProven
                ? "It holds: the receipt is right, and the person is gone."
                : "Nothing is wrong, but not all was checked."}
        </strong>{" "}
        Verified <Instant at={verification.verifiedAt} exact />.
      </p>
      <ul>
        <li>
          {formatThings(verification.receipts, "receipt")}, {formatThings(verification.checkpoints, "checkpoint")} and{" "}
          {formatThings(verification.entries, "entry", "entries")} of the log checked
        </li>
        {search === "made" && (
          <li>
            {formatThings(looked.records, "record")} and {formatThings(looked.files, "file")} looked through
          </li>
        )}
        {receiptFaults.map((fault) => (
          <li key={fault}>The receipt: {fault}</li>
        ))}
        {faults.map(({ sequence, checkpoint, fault }) => (
          <li key={`${sequence} ${checkpoint} ${fault}`}>
            {sequence === null ? (checkpoint === null ? "The log" : `Checkpoint ${checkpoint}`) : `Entry ${sequence}`}:{" "}
            {fault}
          </li>
        ))}
        {withoutReceipt.map((erasureId) => (
          <li key={erasureId}>Erasure {erasureId} was completed, and its receipt is gone.</li>
        ))}
        {findings.map(({ place, name, records }) => (
          <li key={`${place}/${name}`}>
            The person is still in <PlaceName place={place} name={name} />: {formatThings(records, "record")}
          </li>
        ))}
        {left.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Message>
  );
}
