import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Loading } from "../../parts/page.js";
import { Table } from "../../parts/table.js";
import { PrivacyFrame } from "./privacy-frame.js";

/** Mentions of erased people in other people's records, which a person has to look at. */
export function FindingsPage() {
  const asked = useAnswer("findings", (signal) => answerOf(api.GET("/erasures/findings", { signal })));
  return (
    <PrivacyFrame
      title="Findings to look at"
      lead="Where other people’s records mention an erased person by what several people may share: the place, and no value. Lethe does not change these records."
    >
      <Problem problem={asked.problem} again={asked.again} />
      {asked.answer === undefined && asked.problem === undefined && <Loading what="the findings" />}
      {asked.answer !== undefined && (
        <Table
          caption="Findings"
          hasHeading
          columns={[
            { title: "Mentioned by", cell: ({ kind }) => kind },
            {
              title: "Place",
              cell: ({ place, name, pointer, line }) => (
                <span class="mono">
                  {name === "" ? place : `${place}/${name}`}
                  {pointer !== "" && ` ${pointer}`}
                  {line > 0 && `:${line}`}
                </span>
              ),
            },
            { title: "Records", isNumber: true, cell: ({ records }) => formatCount(records) },
            {
              title: "Erasure",
              isWhole: true,
              cell: ({ erasureId }) => (
                <a class="mono" href={`/console/privacy/erasures/${erasureId}`}>
                  {erasureId.slice(0, 8)}
                </a>
              ),
            },
            { title: "Found", isWhole: true, cell: ({ createdAt }) => <Instant at={createdAt} /> },
          ]}
          rows={asked.answer.findings}
          keyOf={({ id }) => id}
          empty="There is nothing to look at."
        />
      )}
    </PrivacyFrame>
  );
}
