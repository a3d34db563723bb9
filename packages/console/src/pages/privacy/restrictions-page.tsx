import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { Instant } from "../../parts/instant.js";
import { Pager } from "../../parts/pager.js";
import { Pending } from "../../parts/pending.js";
import { Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { may } from "../../session.js";
import { PrivacyFrame } from "./privacy-frame.js";

/** Which restrictions of people's data are in force. */
export function RestrictionsPage() {
  const { values, set } = useQuery();
  const { before } = values;
  const asked = useAnswer(before ?? "", (signal) =>
    answerOf(api.GET("/subjects/restrictions", { params: { query: before === undefined ? {} : { before } }, signal })),
  );
  return (
    <PrivacyFrame
      title="Restrictions"
      lead="Whose data is kept and not used (GDPR Art. 18). Nothing but keyed hashes says whose: to release somebody, ask for their customer id and email."
      actions={
        may("privacy-officer") && (
          <a class="button" href="/console/privacy/person">
            Restrict or release a person
          </a>
        )
      }
    >
      <Pending asked={asked} what="the restrictions" />
      {asked.answer !== undefined && (
        <>
          <Table
            caption="Restrictions"
            hasHeading
            columns={[
              { title: "Restriction", isWhole: true, cell: ({ id }) => <span class="mono">{id.slice(0, 8)}</span> },
              { title: "Since", isWhole: true, cell: ({ since }) => <Instant at={since} exact /> },
              { title: "By", cell: ({ by }) => by ?? "–" },
              { title: "Reason", cell: ({ reason }) => reason ?? "–" },
              { title: "Held records", isNumber: true, cell: ({ heldRecords }) => formatCount(heldRecords) },
            ]}
            rows={asked.answer.restrictions}
            keyOf={({ id }) => id}
            empty="Nobody’s data is restricted."
          />
          <Pager
            isNewest={before === undefined}
            nextCursor={asked.answer.nextCursor}
            onOpen={(before) => set({ before })}
          />
        </>
      )}
    </PrivacyFrame>
  );
}
