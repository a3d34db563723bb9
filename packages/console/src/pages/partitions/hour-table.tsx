import type { CalendarState } from "@lethe/contracts/calendar-states";
import { useMemo, useState } from "preact/hooks";
import { formatCount, formatThings } from "../../format/quantities.js";
import { Choice } from "../../parts/field.js";
import { State } from "../../parts/state.js";
import { type Column, Table } from "../../parts/table.js";
import { type Calendar, type Hour, nameOfHour } from "./calendar.js";
import { STATE_NAMES, STATES } from "./states.js";

const ROWS = 100;

const CHOICES = STATE_NAMES.map((state) => [state, STATES[state].text] as const);

interface HourTableProps {
  readonly dataset: string;
  readonly calendar: Calendar;
  readonly onOpen: (hour: number) => void;
}

/** The hours of a dataset as a table, page by page, the newest first. */
export function HourTable({ dataset, calendar, onOpen }: HourTableProps) {
  const [state, setState] = useState("");
  const [page, setPage] = useState(0);
  const hours = useMemo(
    () => (state === "" ? calendar.hours : calendar.hours.filter((hour) => calendar.at(hour)?.state === state)),
    [calendar, state],
  );
  const rows = hours.slice(page * ROWS, (page + 1) * ROWS).flatMap((hour) => calendar.at(hour) ?? []);
  const columns: readonly Column<Hour>[] = [
    {
      title: "Hour",
      isWhole: true,
      cell: ({ hour }) => (
        <button type="button" class="mono" onClick={() => onOpen(hour)}>
          {nameOfHour(hour)}
        </button>
      ),
    },
    { title: "State", cell: ({ state: own }) => <State mood={STATES[own].mood}>{STATES[own].text}</State> },
    { title: "Files", isNumber: true, cell: ({ files }) => formatCount(files) },
    { title: "Loaded", isNumber: true, cell: ({ loaded }) => formatCount(loaded) },
    { title: "Rejected", isNumber: true, cell: ({ rejected }) => formatCount(rejected) },
    { title: "Checks", cell: ({ hasFailedCheck }) => (hasFailedCheck ? "does not pass" : "") },
  ];
  const lastPage = Math.max(0, Math.ceil(hours.length / ROWS) - 1);
  return (
    <>
      <div class="fields">
        <Choice
          label="State"
          value={state}
          none="all states"
          choices={CHOICES}
          onChange={(value) => {
            setState(value as CalendarState | "");
            setPage(0);
          }}
        />
      </div>
      <Table
        caption={`Hours of ${dataset}`}
        hasHeading
        columns={columns}
        rows={rows}
        keyOf={({ hour }) => hour}
        empty="No hour is in this state."
      />
      <div class="row">
        <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
          Newer
        </button>
        <button type="button" disabled={page >= lastPage} onClick={() => setPage(page + 1)}>
          Older
        </button>
        <span class="quiet" role="status">
          Page {page + 1} of {lastPage + 1}, {formatThings(hours.length, "hour")}
        </span>
      </div>
    </>
  );
}
