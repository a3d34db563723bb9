import type { Schemas } from "../../api/client.js";
import { formatCount } from "../../format/quantities.js";

type Series = Pick<Schemas["QualitySeries"], "hours" | "values" | "least" | "most" | "failed" | "unit">;

const HOUR_MS = 3_600_000;

/** Returns the name of an hour's partition: `2020-01-31T05`. */
export function nameOfHour(hour: number): string {
  return new Date(hour * HOUR_MS).toISOString().slice(0, 13);
}

const FIGURE = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });

/** Returns a figure with its unit: `1,234`, `2.5 %`, `1.25 h`; a dash for none. */
export function formatValue(value: number | null | undefined, unit: Series["unit"]): string {
  if (value === null || value === undefined) return "–";
  if (unit === "rows") return formatCount(Math.round(value));
  return `${FIGURE.format(value)} ${unit === "percent" ? "%" : "h"}`;
}

/** Returns what a series shows in a sentence, for those who do not see the chart. */
export function summarize({ hours, values, least: lower, most: upper, failed, unit }: Series): string {
  const [first, last] = [hours[0], hours.at(-1)];
  if (first === undefined || last === undefined) return "Nothing was measured.";
  const least = values.reduce((one, other) => Math.min(one, other));
  const most = values.reduce((one, other) => Math.max(one, other));
  const of = `From ${nameOfHour(first)} to ${nameOfHour(last)}`;
  const figures = `${formatValue(least, unit)} to ${formatValue(most, unit)}, ${formatValue(values.at(-1), unit)} last`;
  const outside =
    failed.length === 0
      ? [...lower, ...upper].every((bound) => bound === null)
        ? "not checked yet"
        : "no hour fails a check"
      : `${formatCount(failed.length)} of ${formatCount(hours.length)} hours do not pass`;
  return `${of}: ${figures}; ${outside}.`;
}
