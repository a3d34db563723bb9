import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Instant } from "../../parts/instant.js";
import { Problem } from "../../parts/message.js";
import { Loading } from "../../parts/page.js";
import { type Mood, State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";

const REFRESH_MS = 10_000;
const MOODS: Readonly<Record<"ready" | "not ready" | "missing", Mood>> = {
  ready: "good",
  "not ready": "warn",
  missing: "bad",
};

interface Row {
  readonly name: string;
  readonly process: Schemas["ServiceProcess"] | undefined;
}

/** The services, a row for each process, and one for a service that has none. */
export function Services() {
  const asked = useAnswer("services", (signal) => answerOf(api.GET("/services", { signal })), REFRESH_MS);
  if (asked.answer === undefined) {
    return asked.problem === undefined ? (
      <Loading what="the services" />
    ) : (
      <Problem problem={asked.problem} again={asked.again} />
    );
  }
  const rows = asked.answer.services.flatMap(({ name, processes }): Row[] =>
    processes.length === 0 ? [{ name, process: undefined }] : processes.map((process) => ({ name, process })),
  );
  const versions = new Set(rows.flatMap(({ process }) => process?.version ?? []));
  return (
    <>
      {versions.size > 1 && (
        <p>
          <State mood="warn">versions differ</State> Start all services from one version of Lethe.
        </p>
      )}
      <Table<Row>
        caption="Services"
        hasHeading
        columns={[
          { title: "Service", cell: ({ name }) => name },
          { title: "State", isWhole: true, cell: ({ process }) => <ProcessState process={process} /> },
          { title: "Version", cell: ({ process }) => process?.version ?? "–" },
          { title: "Schema", cell: ({ process }) => <span class="mono">{process?.schema ?? "–"}</span> },
          {
            title: "Process",
            cell: ({ process }) =>
              process === undefined ? "–" : <span class="mono">{`${process.host} ${process.pid}`}</span>,
          },
          { title: "Started", isWhole: true, cell: ({ process }) => <Instant at={process?.startedAt} /> },
          { title: "Last heard of", isWhole: true, cell: ({ process }) => <Instant at={process?.seenAt} /> },
        ]}
        rows={rows}
        keyOf={({ name, process }) => `${name} ${process?.host} ${process?.pid}`}
        empty=""
      />
    </>
  );
}

function ProcessState({ process }: Pick<Row, "process">) {
  if (process === undefined) return <State mood={MOODS.missing}>missing</State>;
  if (process.ready) return <State mood={MOODS.ready}>ready</State>;
  return (
    <>
      <State mood={MOODS["not ready"]}>not ready</State>{" "}
      {Object.entries(process.reasons).map(([check, reason]) => (
        <code key={check}>{reason} </code>
      ))}
    </>
  );
}
