import type { CalendarState } from "@lethe/contracts/calendar-states";
import type { Palette } from "../../palette.js";

/** A place on a canvas. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Draw = (context: CanvasRenderingContext2D, box: Box, palette: Palette) => void;

/** Draws an hour of a state into a box. States differ in their shape, too: not everybody tells their colours apart. */
export function drawHour(
  context: CanvasRenderingContext2D,
  state: CalendarState,
  box: Box,
  palette: Palette,
  hasFailedCheck = false,
): void {
  DRAW[state](context, box, palette);
  if (hasFailedCheck) drawCorner(context, box, palette);
}

const DRAW: Readonly<Record<CalendarState, Draw>> = {
  loaded: (context, box, { good }) => fill(context, box, good),
  partly_rejected(context, box, palette) {
    fill(context, box, palette["warn-sunk"]);
    stripes(context, box, palette.warn);
    frame(context, box, palette.warn);
  },
  failed(context, box, palette) {
    fill(context, box, palette.bad);
    cross(context, box, palette.surface);
  },
  missing(context, box, palette) {
    frame(context, box, palette.bad, 2);
    cross(context, box, palette.bad);
  },
  late(context, box, palette) {
    frame(context, box, palette.warn, 2);
    dot(context, box, palette.warn);
  },
  running(context, box, palette) {
    fill(context, box, palette["busy-sunk"]);
    frame(context, box, palette.busy);
    arrow(context, box, palette.busy);
  },
  awaited(context, box, palette) {
    context.setLineDash([2, 2]);
    frame(context, box, palette["line-strong"]);
    context.setLineDash([]);
  },
};

function fill(context: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string): void {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
}

function frame(context: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string, weight = 1): void {
  context.strokeStyle = colour;
  context.lineWidth = weight;
  context.strokeRect(x + weight / 2, y + weight / 2, width - weight, height - weight);
}

function stripes(context: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let offset = -height; offset < width; offset += 4) {
    context.moveTo(x + offset, y + height);
    context.lineTo(x + offset + height, y);
  }
  context.stroke();
  context.restore();
}

function cross(context: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string): void {
  const inset = Math.min(width, height) / 4;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x + inset, y + inset);
  context.lineTo(x + width - inset, y + height - inset);
  context.moveTo(x + width - inset, y + inset);
  context.lineTo(x + inset, y + height - inset);
  context.stroke();
}

function dot(context: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x + width / 2, y + height / 2, Math.min(width, height) / 5, 0, 2 * Math.PI);
  context.fill();
}

function arrow(context: CanvasRenderingContext2D, { x, y, width, height }: Box, colour: string): void {
  const size = Math.min(width, height) / 4;
  const [middle, centre] = [x + width / 2, y + height / 2];
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(middle - size, centre - size);
  context.lineTo(middle + size, centre);
  context.lineTo(middle - size, centre + size);
  context.fill();
}

/** Marks an hour that does not pass a check. */
function drawCorner(context: CanvasRenderingContext2D, { x, y, width, height }: Box, palette: Palette): void {
  const size = Math.min(width, height) / 2;
  context.fillStyle = palette.text;
  context.beginPath();
  context.moveTo(x + width - size, y);
  context.lineTo(x + width, y);
  context.lineTo(x + width, y + size);
  context.fill();
}
