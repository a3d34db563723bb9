import uPlot from "uplot";
import type { Schemas } from "../../api/client.js";
import type { Palette } from "../../palette.js";
import { formatValue } from "./series.js";

const HEIGHT = 220;
const FONT = "11px system-ui, sans-serif";

/** Returns how a measure is drawn: its band, its line, and a cross where it does not pass. */
export function chartOptions(
  { unit }: Pick<Schemas["QualitySeries"], "unit">,
  palette: Palette,
  width: number,
): uPlot.Options {
  const axis = {
    stroke: palette["text-quiet"],
    grid: { stroke: palette.line, width: 1 },
    ticks: { stroke: palette.line, width: 1 },
    font: FONT,
  };
  const value = (_chart: uPlot, raw: number | null) => formatValue(raw, unit);
  return {
    width,
    height: HEIGHT,
    // Hours are those of partitions' names, which have no zone.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), "UTC"),
    scales: { y: { range: (_chart, least, most) => [Math.min(0, least), most <= 0 ? 1 : most * 1.08] } },
    axes: [
      { ...axis, space: 80, values: (_chart: uPlot, ticks: number[]) => labelsOf(ticks) },
      {
        ...axis,
        size: 62,
        values: (_chart: uPlot, ticks: number[]) => ticks.map((tick) => formatValue(tick, unit)),
      },
    ],
    series: [
      { label: "Hour", value: "{YYYY}-{MM}-{DD}T{HH}" },
      { label: "Least", stroke: palette["line-strong"], width: 1, dash: [3, 3], points: { show: false }, value },
      { label: "Most", stroke: palette["line-strong"], width: 1, dash: [3, 3], points: { show: false }, value },
      { label: "Value", stroke: palette.accent, width: 1.5, points: { size: 4, fill: palette.accent }, value },
      {
        label: "Does not pass",
        stroke: palette.bad,
        width: 0,
        paths: () => null,
        points: { show: true, size: 10, width: 2, stroke: palette.bad, fill: palette["bad-sunk"] },
        value,
      },
    ],
    bands: [{ series: [2, 1], fill: palette["surface-sunk"] }],
    legend: { live: true },
    cursor: { drag: { x: true, y: false } },
  };
}

/** Returns the labels of the time axis: each day at its first tick, and the hour where a tick is not at the beginning of its day. */
function labelsOf(ticks: readonly number[]): string[] {
  const names = ticks.map((seconds) => new Date(seconds * 1_000).toISOString());
  return names.map((name, place) => {
    const [day, hour] = [name.slice(0, 10), name.slice(11, 16)];
    const isOfSameDay = names[place - 1]?.startsWith(day) === true;
    if (isOfSameDay) return hour;
    return hour === "00:00" ? day : `${hour}\n${day}`;
  });
}
