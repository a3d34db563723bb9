import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Choice } from "../../parts/field.js";
import { Problem } from "../../parts/message.js";
import { Loading, Page } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { useQuery } from "../../query.js";
import { Alerts } from "./alerts.js";
import { CheckResults } from "./check-results.js";
import { MeasureChart } from "./measure-chart.js";

/** Days up to the newest partition: of a month that was loaded years later, all is shown. */
const DAYS = [
  ["7", "the newest 7 days"],
  ["30", "the newest 30 days"],
  ["90", "the newest 90 days"],
  ["all", "all that is known"],
] as const;
const USUAL_DAYS = "30";

/** Volume, rejects, missing values and delay of a dataset over time with the bounds of its checks; results of checks, and alerts. */
export function QualityPage() {
  const asked = useAnswer("declared", (signal) => answerOf(api.GET("/checks/declared", { signal })));
  return (
    <Page title="Quality" lead="Whether the data is as usual, by the checks of each partition.">
      <Pending asked={asked} what="checks" />
      {asked.answer !== undefined && <Measured datasets={asked.answer.datasets} />}
    </Page>
  );
}

interface MeasuredProps {
  readonly datasets: readonly { readonly dataset: Schemas["DatasetName"]; readonly properties: readonly string[] }[];
}

function Measured({ datasets }: MeasuredProps) {
  const { values, set } = useQuery();
  const overview = useAnswer("overview", (signal) => answerOf(api.GET("/overview", { signal })));
  const chosen = datasets.find(({ dataset }) => dataset === values.dataset) ?? datasets[0];
  if (chosen === undefined) return null;
  const { dataset, properties } = chosen;
  const days = values.days ?? USUAL_DAYS;
  const property = properties.find((field) => field === values.field) ?? properties[0];
  const newest = overview.answer?.jobs.find(({ job }) => job === dataset)?.freshness.newestPartition ?? undefined;
  if (overview.answer === undefined && overview.problem === undefined) return <Loading what="the newest partition" />;
  const from = days === "all" ? undefined : dayBefore(Number(days), newest);
  const shared = { dataset, ...(from !== undefined && { from }) };
  return (
    <>
      <Problem problem={overview.problem} again={overview.again} />
      <form class="fields" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Dataset"
          value={dataset}
          choices={datasets.map((one) => one.dataset)}
          onChange={(value) => set({ dataset: value, field: "", before: "", alertsBefore: "" })}
        />
        <Choice label="Time" value={days} choices={DAYS} onChange={(value) => set({ days: value })} />
        {property !== undefined && (
          <Choice
            label="Field of the missing values"
            value={property}
            choices={properties.map((field) => [field, field] as const)}
            onChange={(value) => set({ field: value })}
          />
        )}
      </form>
      <div class="charts">
        <MeasureChart {...shared} metric="rowCount" title="Records that came" />
        <MeasureChart {...shared} metric="rejectedRows" title="Share of records that were rejected" />
        {property !== undefined && (
          <MeasureChart
            {...shared}
            metric="missingValues"
            property={property}
            title={`Share of records without ${property}`}
          />
        )}
        <MeasureChart {...shared} metric="arrivalDelay" title="Hours from the end of a partition to its first file" />
      </div>
      <Alerts dataset={dataset} />
      <CheckResults dataset={dataset} />
    </>
  );
}

const DAY_MS = 86_400_000;

/** Returns the day that lies so many days before a partition, or before today without one: `2020-01-31`. */
function dayBefore(days: number, partition: string | undefined): string {
  const end = partition === undefined ? Date.now() : Date.parse(partition.slice(0, 10));
  return new Date(end - days * DAY_MS).toISOString().slice(0, 10);
}
