import { answerOf, api } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Loading } from "../../parts/page.js";
import { State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";

/** The named tokens of the API with their roles. */
export function Tokens() {
  const asked = useAnswer("tokens", (signal) => answerOf(api.GET("/tokens", { signal })));
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="the tokens" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  return (
    <>
      <Table
        caption="API tokens"
        hasHeading
        columns={[
          { title: "Name", cell: ({ name }) => name },
          { title: "Role", isWhole: true, cell: ({ role }) => role },
          { title: "Created", isWhole: true, cell: ({ createdAt }) => <Instant at={createdAt} exact /> },
          {
            title: "State",
            isWhole: true,
            cell: ({ revokedAt }) =>
              revokedAt === null ? (
                <State mood="good">in use</State>
              ) : (
                <>
                  <State mood="plain">revoked</State> <Instant at={revokedAt} />
                </>
              ),
          },
        ]}
        rows={asked.answer.tokens}
        keyOf={({ name }) => name}
        empty="There is no named token."
      />
      <p class="quiet">
        “lethe tokens create” makes a token, and “lethe tokens revoke” shuts it out. A token itself is never shown
        again.
      </p>
    </>
  );
}
