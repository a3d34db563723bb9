import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly isWide?: boolean;
  /** What is wrong with what the field holds. */
  readonly fault?: string | undefined;
  /** Draws the control, which takes these ids so that label and hint are read out with it. */
  readonly children: (ids: {
    readonly id: string;
    readonly "aria-describedby"?: string;
    readonly "aria-invalid"?: true;
  }) => ComponentChildren;
}

/** A control of a form with its label and a hint. */
export function Field({ label, hint, isWide = false, fault, children }: FieldProps) {
  const id = useId();
  const [hintId, faultId] = [`${id}-hint`, `${id}-fault`];
  const described = [...(hint === undefined ? [] : [hintId]), ...(fault === undefined ? [] : [faultId])].join(" ");
  return (
    <div class={isWide ? "field wide" : "field"}>
      <label for={id}>{label}</label>
      {children({
        id,
        ...(described !== "" && { "aria-describedby": described }),
        ...(fault !== undefined && { "aria-invalid": true as const }),
      })}
      {hint !== undefined && <small id={hintId}>{hint}</small>}
      {fault !== undefined && (
        <small id={faultId} class="fault" role="alert">
          {fault}
        </small>
      )}
    </div>
  );
}

interface ReasonFieldProps {
  readonly hint: string;
  readonly value: string;
  readonly onChange: (reason: string) => void;
}

/** The reason of a decision, which is kept with it. */
export function ReasonField({ hint, value, onChange }: ReasonFieldProps) {
  return (
    <Field label="Reason" hint={hint} isWide>
      {(ids) => (
        <textarea
          {...ids}
          required
          rows={3}
          maxLength={1_000}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (string | readonly [value: string, text: string])[];
  /** The text of the choice that stands for none. */
  readonly none?: string;
  readonly onChange: (value: string) => void;
}

/** A choice of one of several values; an empty value stands for none. */
export function Choice({ label, value, choices, none, onChange }: ChoiceProps) {
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {none !== undefined && <option value="">{none}</option>}
          {choices.map((choice) => {
            const [key, text] = typeof choice === "string" ? [choice, choice.replaceAll("_", " ")] : choice;
            return (
              <option key={key} value={key}>
                {text}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

/** A box to tick, with its text. */
export function Check(props: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}
