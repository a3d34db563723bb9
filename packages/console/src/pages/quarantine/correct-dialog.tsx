import { useState } from "preact/hooks";
import { ApiProblem, answerOf, api, type Schemas } from "../../api/client.js";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { Choice, Field } from "../../parts/field.js";
import { Message, Problem } from "../../parts/message.js";
import { faultyPart } from "./faulty-part.js";
import { indented } from "./indented.js";

interface CorrectDialogProps {
  readonly record: Schemas["QuarantineRecord"];
  readonly onClose: (hasChanged: boolean) => void;
}

const WAYS = {
  changes: "Change some fields",
  record: "Replace the whole record",
} as const;
type Way = keyof typeof WAYS;

/** Corrects a record, which is then tried again. Who sees no personal data changes fields without seeing the others. */
export function CorrectDialog({ record, onClose }: CorrectDialogProps) {
  const [way, setWay] = useState<Way>("changes");
  const part = faultyPart(record.record, record.pointer);
  const change = part === undefined ? "" : JSON.stringify(part, undefined, 2);
  const [text, setText] = useState(change);
  const path = { quarantineId: record.id };
  const correct = useAction(() => {
    const body = { [way]: parsedObject(text) };
    return answerOf(api.POST("/quarantine/{quarantineId}/correct", { params: { path }, body }));
  });
  const { done } = correct;
  return (
    <Dialog title={`Correct record ${record.id}`} onClose={() => onClose(done !== undefined)}>
      {done === undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void correct.run();
          }}
        >
          <p>
            The correction takes the record’s place and is tried again. The record stays as it came, and which fields
            you change is recorded, never their values.
          </p>
          {record.record !== null && (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
            <section class="beside" tabIndex={0} aria-label="The record">
              <pre class="text">{indented(record.record)}</pre>
            </section>
          )}
          <p>
            <bdi>{record.message}</bdi>
          </p>
          <Choice
            label="How"
            value={way}
            choices={Object.entries(WAYS)}
            onChange={(next) => {
              setWay(next === "record" ? "record" : "changes");
              setText(next === "changes" ? change : record.isMasked ? "" : indented(record.record ?? ""));
            }}
          />
          <Field
            label={way === "changes" ? "Changed fields, as JSON" : "The record as it should have been sent, as JSON"}
            hint={
              way === "changes"
                ? 'For example {"country": "HR"}. Null removes a field; a list is replaced whole.'
                : "Every field of the record, also those that were right."
            }
            isWide
          >
            {(ids) => (
              <textarea
                {...ids}
                class="mono"
                rows={8}
                required
                spellcheck={false}
                value={text}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            )}
          </Field>
          <Problem problem={correct.problem} />
          <div class="row end">
            <button type="button" onClick={() => onClose(false)}>
              Cancel
            </button>
            <button type="submit" class="primary" disabled={correct.isDoing}>
              Correct and replay
            </button>
          </div>
        </form>
      ) : (
        <>
          <Message mood="good">
            <p>
              The correction is <a href={`/console/quarantine/${done.id}`}>record {done.id}</a>.{" "}
              {done.takenBy === "this_run" ? "This run tries it: " : "It is tried after this run, which is at work: "}
              <a href={`/console/runs/${done.run.id}`}>{done.run.job}</a>.
            </p>
          </Message>
          <div class="row end">
            <button type="button" onClick={() => onClose(true)}>
              Close
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

/** Returns the object that a text holds. Throws ApiProblem, before anything is sent. */
function parsedObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // What follows says it better than the parser, whose message quotes the text.
  }
  throw new ApiProblem(0, "no_json_object", 'This is no JSON object. Write it as {"field": "value"}.');
}
