import { useEffect, useId, useRef } from "preact/hooks";
import { formatCount, formatThings } from "../../format/quantities.js";
import { onThemeChange, readPalette } from "../../palette.js";
import { type Calendar, moveBy, nameOfHour, rangeOf } from "./calendar.js";
import { drawCalendar, HEAD_HEIGHT, hourAt, ROW_HEIGHT, type View } from "./draw-calendar.js";
import { NOT_EXPECTED, STATES } from "./states.js";

interface HourGridProps {
  readonly dataset: string;
  readonly calendar: Calendar;
  readonly cursor: number;
  /** Where a selection begins that ends at the cursor. */
  readonly anchor: number | undefined;
  readonly onMove: (cursor: number, anchor: number | undefined) => void;
  /** Opens what is known of the hour under the cursor. */
  readonly onOpen: (hour: number) => void;
}

/**
 * The hours of a dataset, a row for each day. Only what can be seen is drawn. The cursor moves by keys and by the pointer, and what is
 * under it is read out.
 */
export function HourGrid({ dataset, calendar, cursor, anchor, onMove, onOpen }: HourGridProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<number | undefined>(undefined);
  const helpId = useId();
  // What is drawn asks for the newest of these, however late it is drawn.
  const shown = useRef({ calendar, cursor, anchor });
  shown.current = { calendar, cursor, anchor };

  const viewOf = (element: HTMLElement): View => ({
    top: element.scrollTop,
    width: element.clientWidth,
    height: element.clientHeight,
    isFocused: document.activeElement === element,
    cursor: shown.current.cursor,
    anchor: shown.current.anchor,
  });

  const draw = useRef(() => {});
  useEffect(() => {
    const element = box.current;
    const surface = canvas.current;
    if (element === null || surface === null) return;
    let palette = readPalette(element);
    let frame = 0;
    const drawNow = () => {
      frame = 0;
      const view = viewOf(element);
      const scale = devicePixelRatio;
      const [width, height] = [Math.round(view.width * scale), Math.round(view.height * scale)];
      if (surface.width !== width || surface.height !== height) {
        surface.width = width;
        surface.height = height;
        surface.style.width = `${view.width}px`;
        surface.style.height = `${view.height}px`;
      }
      const context = surface.getContext("2d");
      if (context === null) return;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      drawCalendar(context, shown.current.calendar, view, palette);
    };
    draw.current = () => {
      frame ||= requestAnimationFrame(drawNow);
    };
    const resized = new ResizeObserver(() => draw.current());
    resized.observe(element);
    const endTheme = onThemeChange(() => {
      palette = readPalette(element);
      draw.current();
    });
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      endTheme();
    };
  }, []);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const y = calendar.rowOf(cursor) * ROW_HEIGHT;
    const room = element.clientHeight - HEAD_HEIGHT - ROW_HEIGHT;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y > element.scrollTop + room) element.scrollTop = y - room;
    draw.current();
  }, [calendar, cursor, anchor]);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter") return onOpen(cursor);
    if (event.key === "Escape") return onMove(cursor, undefined);
    const next = moveBy(calendar, cursor, event.key, event.ctrlKey);
    if (next === undefined) return;
    event.preventDefault();
    onMove(next, event.shiftKey ? (anchor ?? cursor) : undefined);
  }

  function hourUnder(event: PointerEvent): number | undefined {
    const element = box.current;
    if (element === null) return undefined;
    const { left, top } = element.getBoundingClientRect();
    return hourAt(calendar, viewOf(element), event.clientX - left, event.clientY - top);
  }

  function onPointerDown(event: PointerEvent) {
    const hour = hourUnder(event);
    if (hour === undefined || event.button !== 0) return;
    // A finger scrolls; it selects with the fields below.
    drag.current = event.pointerType === "touch" ? undefined : hour;
    onMove(hour, event.shiftKey ? (anchor ?? cursor) : undefined);
  }

  function onPointerMove(event: PointerEvent) {
    const hour = drag.current === undefined ? undefined : hourUnder(event);
    if (hour !== undefined && hour !== cursor) onMove(hour, drag.current);
  }

  return (
    <>
      <div
        ref={box}
        class="hours"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys.
        tabIndex={0}
        aria-label={`Hours of ${dataset}`}
        aria-describedby={helpId}
        onKeyDown={onKeyDown}
        onScroll={() => draw.current()}
        onFocus={() => draw.current()}
        onBlur={() => draw.current()}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          drag.current = undefined;
        }}
        onDblClick={() => onOpen(cursor)}
      >
        <canvas ref={canvas} />
        <div style={{ height: `${calendar.days.length * ROW_HEIGHT + HEAD_HEIGHT}px` }} />
      </div>
      <p class="quiet" id={helpId}>
        Arrow keys, Home, End, Page Up and Page Down move; with Shift they select. Enter shows the hour.
      </p>
      <p class="hour-text" aria-live="polite">
        {describe(calendar, cursor, anchor)}
      </p>
    </>
  );
}

/** Returns what is read out of the hour under the cursor, and of the selection. */
function describe(calendar: Calendar, cursor: number, anchor: number | undefined): string {
  const known = calendar.at(cursor);
  const name = nameOfHour(cursor);
  const facts =
    known === undefined
      ? `${name}: ${NOT_EXPECTED}.`
      : `${name}: ${STATES[known.state].text}, ${formatThings(known.files, "file")}, ${formatCount(known.loaded)} loaded, ${formatCount(known.rejected)} rejected.`;
  const check = known?.hasFailedCheck === true ? " It does not pass a check." : "";
  if (anchor === undefined || anchor === cursor) return facts + check;
  const { from, to } = rangeOf(anchor, cursor);
  return `${facts}${check} Selected: ${formatThings(to - from + 1, "hour")}, ${nameOfHour(from)} to ${nameOfHour(to)}.`;
}
