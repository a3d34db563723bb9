import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { Instant } from "../../parts/instant.js";
import { Pending } from "../../parts/pending.js";
import { Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { PrivacyFrame } from "./privacy-frame.js";

/** Mentions of erased people in other people's records, which a person has to look at. */
export function FindingsPage() {
  const { values, set } = useQuery();
  const { erasureId } = values;
  const query = erasureId === undefined ? {} : { erasureId };
  const asked = useAnswer(`findings ${erasureId}`, (signal) =>
    answerOf(api.GET("/erasures/findings", { params: { query }, signal })),
  );
  return (
    <PrivacyFrame
      title="Mentions in other people’s records"
      lead="Where other people’s records mention an erased person by what several people may share: the place, and no value. Lethe does not change these records."
    >
      {erasureId !== undefined && (
        <p class="row">
          <span>
            Of the erasure <span class="mono">{erasureId.slice(0, 8)}</span>
          </span>
          <button type="button" onClick={() => set({ erasureId: "" })}>
            Show those of all erasures
          </button>
        </p>
      )}
      <Pending asked={asked} what="the mentions" />
      {asked.answer !== undefined && (
        <Table
          caption="Mentions in other people’s records"
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
