import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Message } from "../../parts/message.js";
import { Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";
import { may } from "../../session.js";
import { PrivacyFrame } from "./privacy-frame.js";
import { ReasonDialog } from "./reason-dialog.js";
import { DECISIONS, QUESTIONS } from "./words.js";

type Decision = (typeof DECISIONS)[number];
type HeldRecord = Schemas["QuestionDetail"]["records"][number];

/** One question about held records: what they have in common with the erased person, and the three decisions. */
export function QuestionPage() {
  const { id = "" } = useRoute().params;
  const [isDecided, setDecided] = useState(false);
  const [decision, setDecision] = useState<Decision>();
  const asked = useAnswer(id, (signal) =>
    answerOf(api.GET("/erasures/questions/{id}", { params: { path: { id } }, signal })),
  );
  if (isDecided) {
    return (
      <PrivacyFrame title="Question">
        <Message mood="good">It is decided. Replays of the records begin by themselves.</Message>
        <a href="/console/privacy">All requests and questions</a>
      </PrivacyFrame>
    );
  }
  if (asked.answer === undefined) {
    return (
      <PrivacyFrame title="Question">
        <Pending asked={asked} what="the question" />
      </PrivacyFrame>
    );
  }
  const { kind, records } = asked.answer;
  return (
    <PrivacyFrame title="Whose are these records?" lead={QUESTIONS[kind]}>
      <Panel title="What they have in common with the erased person">
        <Table<HeldRecord>
          caption="What they have in common with the erased person"
          hasHeading
          columns={[
            { title: "Record", cell: ({ id: record }) => <a href={`/console/quarantine/${record}`}>{record}</a> },
            { title: "Dataset", cell: ({ dataset }) => dataset },
            { title: "Customer id", isWhole: true, cell: (record) => <Match matches={record.customerIdMatches} /> },
            { title: "Email", isWhole: true, cell: (record) => <Match matches={record.emailMatches} /> },
            { title: "Name", isWhole: true, cell: (record) => <Match matches={record.nameMatches} /> },
          ]}
          rows={records}
          keyOf={({ id: record }) => record}
          empty="No record is held any more."
        />
        <p class="quiet">
          Of the erased person, hashes alone are left: they tell what is the same, and nothing else. A record itself
          stands in quarantine.
        </p>
      </Panel>
      {may("privacy-officer") && (
        <div class="grid">
          {DECISIONS.map((each) => (
            <Panel key={each.decision} title={each.title}>
              <p>{each.meaning}</p>
              <button type="button" onClick={() => setDecision(each)}>
                Decide so …
              </button>
            </Panel>
          ))}
        </div>
      )}
      {decision !== undefined && (
        <ReasonDialog
          title={decision.title}
          confirm="Decide"
          onClose={() => setDecision(undefined)}
          act={async (note) => {
            await answerOf(
              api.POST("/erasures/questions/{id}/decide", {
                params: { path: { id } },
                body: { decision: decision.decision, note },
              }),
            );
            setDecided(true);
          }}
        >
          <p>{decision.meaning}</p>
        </ReasonDialog>
      )}
    </PrivacyFrame>
  );
}

function Match({ matches }: { matches: boolean | null }) {
  if (matches === null) return <span class="quiet">not known</span>;
  return matches ? <State mood="warn">the same</State> : <State mood="plain">another</State>;
}
