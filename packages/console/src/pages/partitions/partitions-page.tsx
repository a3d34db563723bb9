import { useMemo, useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { jobNames } from "../../api/job-names.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatThings } from "../../format/quantities.js";
import { Choice } from "../../parts/field.js";
import { Page, Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { useQuery } from "../../query.js";
import { may } from "../../session.js";
import { Backfill } from "./backfill.js";
import { buildCalendar, type Calendar, hourNamed, nameOfHour, rangeOf } from "./calendar.js";
import { HourDetails } from "./hour-details.js";
import { HourGrid } from "./hour-grid.js";
import { HourTable } from "./hour-table.js";
import { Legend } from "./legend.js";

const REFRESH_MS = 30_000;

/** The hours of a dataset: what has come, what is late or missing, and what can be loaded again. */
export function PartitionsPage() {
  const { values, set } = useQuery();
  const dataset = (values.dataset ?? jobNames.value.answer?.[0]) as Schemas["DatasetName"] | undefined;
  return (
    <Page title="Partitions" lead="What has come of each hour, by the names of the partitions.">
      <form class="fields" aria-label="Dataset" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Dataset"
          value={dataset ?? ""}
          choices={jobNames.value.answer ?? []}
          onChange={(chosen) => set({ dataset: chosen, hour: "", from: "", to: "", backfill: "" })}
        />
        <Choice
          label="Show as"
          value={values.view ?? ""}
          none="calendar"
          choices={["table"]}
          onChange={(view) => set({ view })}
        />
      </form>
      <Pending asked={jobNames.value} what="datasets" />
      {dataset !== undefined && <Hours key={dataset} dataset={dataset} />}
    </Page>
  );
}

function Hours({ dataset }: { dataset: Schemas["DatasetName"] }) {
  const asked = useAnswer(
    dataset,
    (signal) => answerOf(api.GET("/partitions", { params: { query: { dataset } }, signal })),
    REFRESH_MS,
  );
  const calendar = useMemo(() => asked.answer && buildCalendar(asked.answer), [asked.answer]);
  return (
    <>
      <Pending asked={asked} what="hours" />
      {calendar !== undefined && calendar.hours.length === 0 && (
        <p class="quiet">Nothing has come of {dataset} yet. The first file that a run loads begins its calendar.</p>
      )}
      {calendar !== undefined && calendar.hours.length > 0 && (
        <Known dataset={dataset} calendar={calendar} again={asked.again} />
      )}
    </>
  );
}

interface KnownProps {
  readonly dataset: Schemas["DatasetName"];
  readonly calendar: Calendar;
  readonly again: () => void;
}

function Known({ dataset, calendar, again }: KnownProps) {
  const { values, set } = useQuery();
  const opened = hourNamed(values.hour);
  const start = opened !== undefined && calendar.rowOf(opened) !== -1 ? opened : (calendar.hours[0] ?? calendar.last);
  const [place, setPlace] = useState<{ cursor: number; anchor: number | undefined }>({
    cursor: start,
    anchor: undefined,
  });
  const [range, setRange] = useState({ from: values.from ?? "", to: values.to ?? "" });
  const onMove = (cursor: number, anchor: number | undefined) => {
    setPlace({ cursor, anchor });
    if (anchor === undefined) return;
    const { from, to } = rangeOf(anchor, cursor);
    setRange({ from: nameOfHour(from), to: nameOfHour(to) });
  };
  const onOpen = (hour: number) => set({ hour: nameOfHour(hour) });
  return (
    <>
      <Panel title={`Hours of ${dataset}`}>
        <Legend counts={calendar.counts} />
        {values.view === "table" ? (
          <HourTable dataset={dataset} calendar={calendar} onOpen={onOpen} />
        ) : (
          <>
            <HourGrid dataset={dataset} calendar={calendar} {...place} onMove={onMove} onOpen={onOpen} />
            <div class="row">
              <button type="button" onClick={() => onOpen(place.cursor)}>
                Show {nameOfHour(place.cursor)}
              </button>
              <span class="quiet">{formatThings(calendar.hours.length, "hour")} in all</span>
            </div>
          </>
        )}
      </Panel>
      {opened !== undefined && values.hour !== undefined && <HourDetails dataset={dataset} partition={values.hour} />}
      {may("operator") && dataset !== "erasure-requests" && (
        <Backfill dataset={dataset} {...range} onRange={(from, to) => setRange({ from, to })} onEnd={again} />
      )}
    </>
  );
}
