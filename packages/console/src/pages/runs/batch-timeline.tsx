import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatBytes, formatCount, formatDuration, formatThings } from "../../format/quantities.js";
import { Problem } from "../../parts/message.js";
import { Panel } from "../../parts/page.js";
import { type Mood, State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";

type Batch = Schemas["RunBatch"];

const REFRESH_MS = 2_000;
const SHOWN = 50;

/** The stages of a run's first batches on one axis of time, and the same as a table. */
export function BatchTimeline({ runId, isActive }: { runId: string; isActive: boolean }) {
  const { answer, problem, again } = useAnswer(
    `${runId} ${isActive}`,
    (signal) =>
      answerOf(api.GET("/runs/{id}/batches", { params: { path: { id: runId }, query: { limit: SHOWN } }, signal })),
    isActive ? REFRESH_MS : undefined,
  );
  if (problem !== undefined) return <Problem problem={problem} again={again} />;
  if (answer === undefined || answer.batches.length === 0) return null;
  const { batches, nextCursor } = answer;
  return (
    <Panel title="Batches">
      {nextCursor !== null && <p class="quiet">These are the first {formatThings(SHOWN, "batch", "batches")}.</p>}
      <Timeline batches={batches} />
      <details>
        <summary>Show the batches as a table</summary>
        <Table
          caption="Batches of the run"
          columns={[
            { title: "Batch", isNumber: true, cell: ({ number }) => formatCount(number) },
            {
              title: "First file",
              cell: ({ file, files }) => (
                <>
                  <span class="mono">{file?.path ?? "–"}</span>
                  {files > 1 && ` and ${formatThings(files - 1, "more file")}`}
                </>
              ),
            },
            { title: "State", cell: ({ state }) => <State mood={MOODS[state]}>{state}</State> },
            { title: "Bytes", isNumber: true, cell: ({ bytes }) => formatBytes(bytes) },
            { title: "Rows loaded", isNumber: true, cell: ({ records }) => formatCount(records.loaded) },
            { title: "Rejected", isNumber: true, cell: ({ records }) => formatCount(records.rejected) },
            { title: "Transform", isNumber: true, cell: ({ durationsMs }) => formatDuration(durationsMs.transform) },
            { title: "Load", isNumber: true, cell: ({ durationsMs }) => formatDuration(durationsMs.load) },
          ]}
          rows={batches}
          keyOf={({ id }) => id}
          empty=""
        />
      </details>
    </Panel>
  );
}

const MOODS: Readonly<Record<Batch["state"], Mood>> = {
  staged: "busy",
  transformed: "busy",
  loaded: "good",
  failed: "bad",
  cancelled: "plain",
};

const WIDTH = 1_000;
const ROW = 14;

/** Draws a bar for each batch: from when its lines were staged, by when its rows were, to when they were loaded. */
function Timeline({ batches }: { batches: readonly Batch[] }) {
  const instants = batches.flatMap(({ extractedAt, transformedAt, loadedAt, failedAt }) =>
    [extractedAt, transformedAt, loadedAt, failedAt].flatMap((at) => (at === null ? [] : [Date.parse(at)])),
  );
  const first = Math.min(...instants);
  const span = Math.max(1, Math.max(...instants) - first);
  const x = (at: string) => ((Date.parse(at) - first) / span) * WIDTH;
  return (
    <>
      <svg
        class="timeline"
        viewBox={`0 0 ${WIDTH} ${batches.length * ROW}`}
        preserveAspectRatio="none"
        style={{ height: `${batches.length * ROW}px` }}
        role="img"
        aria-label={`${formatThings(batches.length, "batch", "batches")} in ${formatDuration(span)}; the table below holds the figures`}
      >
        {batches.map(({ id, extractedAt, transformedAt, loadedAt, failedAt }, i) => {
          const transformed = transformedAt ?? failedAt ?? extractedAt;
          const end = loadedAt ?? failedAt ?? transformed;
          return (
            <g key={id}>
              <Bar kind="transform" from={x(extractedAt)} to={x(transformed)} row={i} />
              <Bar kind={failedAt === null ? "load" : "fail"} from={x(transformed)} to={x(end)} row={i} />
            </g>
          );
        })}
      </svg>
      <p class="row quiet">
        <span>
          <i class="key transform" /> until transformed
        </span>
        <span>
          <i class="key load" /> until loaded
        </span>
        <span>
          <i class="key fail" /> until given up
        </span>
        <span>{formatDuration(span)} in all</span>
      </p>
    </>
  );
}

function Bar({ kind, from, to, row }: { kind: string; from: number; to: number; row: number }) {
  return <rect class={kind} x={from} y={row * ROW + 2} width={Math.max(2, to - from)} height={ROW - 4} />;
}
