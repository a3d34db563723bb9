import type { CalendarState } from "@lethe/contracts/calendar-states";
import { useEffect, useRef } from "preact/hooks";
import { formatCount } from "../../format/quantities.js";
import { onThemeChange, readPalette } from "../../palette.js";
import type { Calendar } from "./calendar.js";
import { drawHour } from "./draw-hour.js";
import { NOT_EXPECTED, STATE_NAMES, STATES } from "./states.js";

const SIZE = 16;

/** What each state looks like, and how many hours are in it. */
export function Legend({ counts }: Pick<Calendar, "counts">) {
  return (
    <>
      <ul class="legend" aria-label="What the marks mean, with the number of hours">
        {STATE_NAMES.map((state) => (
          <li key={state}>
            <Swatch state={state} /> {STATES[state].text}: {formatCount(counts.get(state) ?? 0)}
          </li>
        ))}
        <li>
          <Swatch state="loaded" hasFailedCheck /> with a corner: does not pass a check
        </li>
        <li>without a mark: {NOT_EXPECTED}</li>
      </ul>
      <p class="quiet">
        An hour is expected if files came at this hour on at least four in five days of the last two weeks, or if the
        checks file says so.
      </p>
    </>
  );
}

function Swatch({ state, hasFailedCheck = false }: { state: CalendarState; hasFailedCheck?: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const surface = canvas.current;
    const context = surface?.getContext("2d");
    if (!surface || !context) return;
    const draw = () => {
      const scale = devicePixelRatio;
      surface.width = SIZE * scale;
      surface.height = SIZE * scale;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      const palette = readPalette(surface.parentElement ?? document.body);
      drawHour(context, state, { x: 0, y: 0, width: SIZE, height: SIZE }, palette, hasFailedCheck);
    };
    draw();
    return onThemeChange(draw);
  }, [state, hasFailedCheck]);
  return <canvas ref={canvas} class="swatch" />;
}
