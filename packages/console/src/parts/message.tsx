import type { ComponentChildren } from "preact";
import type { ApiProblem } from "../api/client.js";
import type { Mood } from "./state.js";

/** A message that a screen reader reads out as it appears. */
export function Message({ mood, children }: { mood: Mood; children: ComponentChildren }) {
  return (
    <div class={`message ${mood}`} role={mood === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** What went wrong with a question to the API: its sentence and its code. */
export function Problem({ problem, again }: { problem: ApiProblem | undefined; again?: () => void }) {
  if (problem === undefined) return null;
  return (
    <Message mood="bad">
      <p>
        {sentence(problem.message)} <code>{problem.code}</code>
      </p>
      {again !== undefined && problem.status !== BAD_REQUEST && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </Message>
  );
}

/** The same question would be refused again. */
const BAD_REQUEST = 400;

function sentence(message: string): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
