import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { Field } from "../../parts/field.js";
import { Instant } from "../../parts/instant.js";
import { Message, Problem } from "../../parts/message.js";

interface ScheduleFormProps {
  readonly schedule: Schemas["Schedule"];
  readonly onClose: () => void;
  readonly onSaved: (schedule: Schemas["Schedule"]) => void;
}

/** Changes when a job runs by itself. */
export function ScheduleForm({ schedule, onClose, onSaved }: ScheduleFormProps) {
  const [cron, setCron] = useState(schedule.cron);
  const [timezone, setTimezone] = useState(schedule.timezone);
  const save = useAction(async () => {
    const body = { cron, timezone };
    const saved = await answerOf(api.PATCH("/schedules/{job}", { params: { path: { job: schedule.job } }, body }));
    onSaved(saved);
    return saved;
  });
  return (
    <Dialog title={`Schedule of ${schedule.job}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <div class="fields">
          <Field label="Cron pattern" hint="Minute, hour, day of the month, month, day of the week.">
            {(ids) => (
              <input {...ids} class="mono" value={cron} onInput={(event) => setCron(event.currentTarget.value)} />
            )}
          </Field>
          <Field label="Time zone" hint="A name such as Europe/Zagreb or UTC.">
            {(ids) => (
              <input {...ids} value={timezone} onInput={(event) => setTimezone(event.currentTarget.value.trim())} />
            )}
          </Field>
        </div>
        <Problem problem={save.problem} />
        {save.done !== undefined && <Saved schedule={save.done} />}
        <div class="row end">
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" class="primary" disabled={save.isDoing}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Saved({ schedule: { words, cron, timezone, enabled, nextAt } }: { schedule: Schemas["Schedule"] }) {
  return (
    <Message mood="good">
      Saved: {words ?? <code>{cron}</code>} ({timezone}).{" "}
      {enabled ? (
        <>
          The next run is <Instant at={nextAt} />.
        </>
      ) : (
        "The schedule is switched off."
      )}
    </Message>
  );
}
