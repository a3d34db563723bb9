import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { Instant } from "../../parts/instant.js";
import { Message, Problem } from "../../parts/message.js";
import { Loading } from "../../parts/page.js";
import { type Mood, State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";

const MOODS: Readonly<Record<"in use" | "kept" | "missing", Mood>> = {
  "in use": "good",
  kept: "plain",
  missing: "bad",
};

/** Which keys are in use, by their ids. */
export function Keys() {
  const asked = useAnswer("keys", (signal) => answerOf(api.GET("/keys", { signal })));
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="the keys" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  const { privacy, signing } = asked.answer;
  return (
    <>
      {privacy?.some(({ state }) => state === "missing") === true && (
        <Message mood="bad">
          People on the suppression list are known by a key that the scheduler does not have, so they would not be
          recognised. Put that key back into the file of privacy keys.
        </Message>
      )}
      {privacy === null ? (
        <p class="quiet">The scheduler was not given the privacy keys. “lethe keys list” shows them where they are.</p>
      ) : (
        <Table
          caption="Privacy keys"
          columns={[
            { title: "Key", cell: ({ id }) => <code>{id}</code> },
            { title: "State", cell: ({ state }) => <State mood={MOODS[state]}>{state}</State> },
            { title: "People known by it", isNumber: true, cell: ({ suppressions }) => formatCount(suppressions) },
            { title: "Since", isWhole: true, cell: ({ since }) => <Instant at={since} exact /> },
          ]}
          rows={privacy}
          keyOf={({ id }) => id}
          empty="There is no privacy key."
        />
      )}
      <Table
        caption="Keys that sign receipts"
        columns={[
          { title: "Key", cell: ({ id }) => <code>{id}</code> },
          {
            title: "State",
            cell: ({ isInUse }) => <State mood={isInUse ? "good" : "plain"}>{isInUse ? "in use" : "replaced"}</State>,
          },
          { title: "Checkpoints signed", isNumber: true, cell: ({ checkpoints }) => formatCount(checkpoints) },
          { title: "From", isWhole: true, cell: ({ since }) => <Instant at={since} exact /> },
          { title: "To", isWhole: true, cell: ({ until }) => <Instant at={until} exact /> },
        ]}
        rows={signing}
        keyOf={({ id }) => id}
        empty="Nothing has been signed so far."
      />
    </>
  );
}
