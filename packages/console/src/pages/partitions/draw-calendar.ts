import type { Palette } from "../../palette.js";
import { type Calendar, dayOf, HOURS_A_DAY, nameOfHour, rangeOf } from "./calendar.js";
import { type Box, drawHour } from "./draw-hour.js";

export const ROW_HEIGHT = 18;
export const HEAD_HEIGHT = 20;
const LABEL_WIDTH = 84;
const GAP = 2;

/** What is looked at of a calendar. */
export interface View {
  /** By how many pixels the rows are scrolled up. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly cursor: number;
  /** Where a selection begins that ends at the cursor. */
  readonly anchor: number | undefined;
  readonly isFocused: boolean;
}

/** Draws the rows of a calendar that can be seen: any number of hours costs what a screenful costs. */
export function drawCalendar(
  context: CanvasRenderingContext2D,
  calendar: Calendar,
  view: View,
  palette: Palette,
): void {
  const { width, height, top, cursor, anchor } = view;
  context.clearRect(0, 0, width, height);
  context.font = "11px ui-monospace, 'DejaVu Sans Mono', monospace";
  context.textBaseline = "middle";
  const selected = anchor === undefined ? undefined : rangeOf(anchor, cursor);
  const first = Math.floor(top / ROW_HEIGHT);
  const last = Math.min(calendar.days.length - 1, Math.ceil((top + height) / ROW_HEIGHT));
  for (let row = first; row <= last; row += 1) {
    const day = calendar.days[row] ?? 0;
    const y = HEAD_HEIGHT + row * ROW_HEIGHT - top;
    drawLabel(context, day, calendar.days[row - 1], y, view, palette);
    for (let ofDay = 0; ofDay < HOURS_A_DAY; ofDay += 1) {
      const hour = day * HOURS_A_DAY + ofDay;
      const box = boxOf(ofDay, y, width);
      if (selected !== undefined && hour >= selected.from && hour <= selected.to) {
        context.fillStyle = palette["accent-sunk"];
        context.fillRect(box.x - GAP, box.y - GAP, box.width + 2 * GAP, box.height + 2 * GAP);
      }
      const known = calendar.at(hour);
      if (known !== undefined) drawHour(context, known.state, box, palette, known.hasFailedCheck);
      if (hour === cursor) drawCursor(context, box, view, palette);
    }
  }
  drawHead(context, view, palette);
}

/** Returns the hour at a place of the canvas; undefined beside the cells. */
export function hourAt(calendar: Calendar, view: View, x: number, y: number): number | undefined {
  const column = Math.floor((x - LABEL_WIDTH) / columnWidth(view.width));
  const day = calendar.days[Math.floor((y - HEAD_HEIGHT + view.top) / ROW_HEIGHT)];
  if (day === undefined || column < 0 || column >= HOURS_A_DAY || y < HEAD_HEIGHT) return undefined;
  return day * HOURS_A_DAY + column;
}

function columnWidth(width: number): number {
  return Math.min(34, (width - LABEL_WIDTH) / HOURS_A_DAY);
}

function boxOf(ofDay: number, y: number, width: number): Box {
  const column = columnWidth(width);
  return {
    x: Math.round(LABEL_WIDTH + ofDay * column) + GAP / 2,
    y: y + GAP / 2,
    width: Math.round(column) - GAP,
    height: ROW_HEIGHT - GAP,
  };
}

function drawLabel(
  context: CanvasRenderingContext2D,
  day: number,
  dayAbove: number | undefined,
  y: number,
  { width }: View,
  palette: Palette,
): void {
  const name = nameOfHour(day * HOURS_A_DAY).slice(0, 10);
  context.fillStyle = palette["text-quiet"];
  context.textAlign = "left";
  context.fillText(name, 4, y + ROW_HEIGHT / 2);
  // A month begins below the line.
  if (dayAbove === undefined || nameOfHour(dayAbove * HOURS_A_DAY).slice(0, 7) === name.slice(0, 7)) return;
  context.fillStyle = palette["line-strong"];
  context.fillRect(0, y - 0.5, width, 1);
}

function drawHead(context: CanvasRenderingContext2D, { width, cursor }: View, palette: Palette): void {
  const column = columnWidth(width);
  const step = column >= 18 ? 1 : column >= 10 ? 3 : 6;
  context.fillStyle = palette.surface;
  context.fillRect(0, 0, width, HEAD_HEIGHT);
  context.textAlign = "center";
  for (let hour = 0; hour < HOURS_A_DAY; hour += step) {
    context.fillStyle = hour === cursor - dayOf(cursor) * HOURS_A_DAY ? palette.text : palette["text-quiet"];
    context.fillText(String(hour).padStart(2, "0"), LABEL_WIDTH + (hour + 0.5) * column, HEAD_HEIGHT / 2);
  }
  context.fillStyle = palette.line;
  context.fillRect(0, HEAD_HEIGHT - 1, width, 1);
}

function drawCursor(
  context: CanvasRenderingContext2D,
  { x, y, width, height }: Box,
  { isFocused }: View,
  palette: Palette,
): void {
  context.strokeStyle = isFocused ? palette.accent : palette["line-strong"];
  context.lineWidth = 3;
  context.strokeRect(x - 1, y - 1, width + 2, height + 2);
}
