import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatCount } from "../../format/quantities.js";
import { ActionButton } from "../../parts/action.js";
import { Choice } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { State } from "../../parts/state.js";
import { type Column, Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { may } from "../../session.js";

type Alert = Schemas["Alert"];

const REFRESH_MS = 15_000;

function columnsOf(onDismissed: () => void): Column<Alert>[] {
  const columns: Column<Alert>[] = [
    {
      title: "State",
      cell: ({ state, resolution, closedBy }) =>
        state === "open" ? (
          <State mood="bad">open</State>
        ) : (
          <State mood="plain">
            {closedBy === null ? (resolution ?? "closed").replaceAll("_", " ") : `dismissed by ${closedBy}`}
          </State>
        ),
    },
    { title: "Kind", cell: ({ kind }) => kind },
    {
      title: "What it says",
      cell: ({ message, late, missing }) => (
        <>
          {message}
          {late + missing > 0 && (
            <span class="quiet">
              {" "}
              Now {formatCount(late)} late, {formatCount(missing)} missing.
            </span>
          )}
        </>
      ),
    },
    { title: "Partitions", isWhole: true, cell: (alert) => <Partitions alert={alert} /> },
    { title: "Opened", cell: ({ openedAt }) => <Instant at={openedAt} /> },
    {
      title: "Sent",
      cell: ({ openingToldAt, closingToldAt }) =>
        openingToldAt === null ? (
          <span class="quiet">no</span>
        ) : (
          <>
            opening <Instant at={openingToldAt} />
            {closingToldAt !== null && (
              <>
                <br />
                end <Instant at={closingToldAt} />
              </>
            )}
          </>
        ),
    },
  ];
  if (!may("operator")) return columns;
  return [
    ...columns,
    {
      title: "Dismiss",
      cell: ({ id, state, cause }) =>
        state === "open" && (
          <ActionButton
            act={() => answerOf(api.POST("/alerts/{id}/dismiss", { params: { path: { id } } })).then(onDismissed)}
          >
            Dismiss<span class="unseen"> the alert {cause}</span>
          </ActionButton>
        ),
    },
  ];
}

function Partitions({ alert: { dataset, firstPartition, lastPartition } }: { alert: Alert }) {
  if (firstPartition === null) return null;
  return (
    <>
      <a href={`/console/partitions?dataset=${dataset}&hour=${firstPartition}`}>{firstPartition}</a>
      {lastPartition !== null && lastPartition !== firstPartition && ` to ${lastPartition}`}
    </>
  );
}

/** The alerts of a dataset, with whether they were sent to the webhook, and how to dismiss one. */
export function Alerts({ dataset }: { dataset: Schemas["DatasetName"] }) {
  const { values, set } = useQuery();
  const state = values.alerts === "all" ? undefined : ("open" as const);
  const before = values.alertsBefore;
  const query = { dataset, ...(state !== undefined && { state }), ...(before !== undefined && { before }) };
  const asked = useAnswer(
    JSON.stringify(query),
    (signal) => answerOf(api.GET("/alerts", { params: { query }, signal })),
    before === undefined ? REFRESH_MS : undefined,
  );
  return (
    <Panel title="Alerts">
      <div class="fields">
        <Choice
          label="Which alerts"
          value={values.alerts ?? ""}
          none="open ones"
          choices={[["all", "open and closed ones"]]}
          onChange={(value) => set({ alerts: value, alertsBefore: "" })}
        />
      </div>
      <Pending asked={asked} what="alerts" />
      {asked.answer !== undefined && (
        <>
          <Table
            caption="Alerts"
            hasHeading
            columns={columnsOf(asked.again)}
            rows={asked.answer.alerts}
            keyOf={({ id }) => id}
            empty="There is no such alert."
          />
          {asked.answer.nextCursor !== null && (
            <button type="button" onClick={() => set({ alertsBefore: asked.answer?.nextCursor ?? "" })}>
              Older alerts
            </button>
          )}
        </>
      )}
    </Panel>
  );
}
