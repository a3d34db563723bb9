import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { formatThings } from "../../format/quantities.js";
import { onThemeChange, readPalette } from "../../palette.js";
import { Panel } from "../../parts/page.js";
import { Pending } from "../../parts/pending.js";
import { State } from "../../parts/state.js";
import { Table } from "../../parts/table.js";
import { chartOptions } from "./chart-options.js";
import { formatValue, nameOfHour, summarize } from "./series.js";

type Series = Schemas["QualitySeries"];

interface MeasureChartProps {
  readonly title: string;
  readonly dataset: Schemas["DatasetName"];
  readonly metric: Series["metric"];
  readonly property?: string;
  readonly from?: string;
}

/** One measure of a dataset over time, with the bounds of its check: a chart, its words, and its newest figures as a table. */
export function MeasureChart({ title, ...query }: MeasureChartProps) {
  const asked = useAnswer(JSON.stringify(query), (signal) =>
    answerOf(api.GET("/quality/series", { params: { query }, signal })),
  );
  const series = asked.answer;
  return (
    <Panel title={title}>
      <Pending asked={asked} what="a chart" />
      {series !== undefined && series.hours.length === 0 && <p class="quiet">Nothing was measured in this time.</p>}
      {series !== undefined && series.hours.length > 0 && (
        <>
          <Chart title={title} series={series} />
          <p class="quiet">{summarize(series)}</p>
          <Figures title={title} series={series} />
        </>
      )}
    </Panel>
  );
}

function Chart({ title, series }: { title: string; series: Series }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let chart: uPlot | undefined;
    const draw = () => {
      chart?.destroy();
      chart = new uPlot(chartOptions(series, readPalette(element), element.clientWidth), columnsOf(series), element);
    };
    draw();
    const resized = new ResizeObserver(() => chart?.setSize({ width: element.clientWidth, height: chart.height }));
    resized.observe(element);
    const endTheme = onThemeChange(draw);
    return () => {
      endTheme();
      resized.disconnect();
      chart?.destroy();
    };
  }, [series]);
  return <div ref={box} class="chart" role="img" aria-label={`${title}. ${summarize(series)}`} />;
}

const HOUR_SECONDS = 3_600;

/** Returns the columns of the chart: time, the bounds, the values, and those of them that do not pass. */
function columnsOf({ hours, values, least, most, failed }: Series): uPlot.AlignedData {
  const isFailed = new Set(failed);
  return [
    hours.map((hour) => hour * HOUR_SECONDS),
    // A check that sets no lower bound allows everything down to nothing.
    least.map((bound, place) => bound ?? (most[place] === null ? null : 0)),
    most,
    values,
    values.map((value, place) => (isFailed.has(hours[place] ?? 0) ? value : null)),
  ];
}

const ROWS = 100;

function Figures({ title, series }: { title: string; series: Series }) {
  const isFailed = new Set(series.failed);
  const { length } = series.hours;
  const places = Array.from({ length: Math.min(ROWS, length) }, (_, i) => length - 1 - i);
  const value = (figure: number | null | undefined) => formatValue(figure, series.unit);
  return (
    <details>
      <summary>The newest {formatThings(places.length, "figure")} as a table</summary>
      <Table
        caption={title}
        hasHeading
        columns={[
          {
            title: "Hour",
            isWhole: true,
            cell: (place) => {
              const name = nameOfHour(series.hours[place] ?? 0);
              return <a href={`/console/partitions?dataset=${series.dataset}&hour=${name}`}>{name}</a>;
            },
          },
          { title: "Value", isNumber: true, cell: (place) => value(series.values[place]) },
          { title: "Least", isNumber: true, cell: (place) => value(series.least[place]) },
          { title: "Most", isNumber: true, cell: (place) => value(series.most[place]) },
          {
            title: "Check",
            cell: (place) => (isFailed.has(series.hours[place] ?? 0) ? <State mood="bad">does not pass</State> : ""),
          },
        ]}
        rows={places}
        keyOf={(place) => place}
        empty=""
      />
    </details>
  );
}
