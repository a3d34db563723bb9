import type { ComponentChildren } from "preact";

/** How a state is meant, which decides its colour and its shape. */
export type Mood = "good" | "warn" | "bad" | "busy" | "plain";

const SHAPES: Readonly<Record<Mood, string>> = { good: "✓", warn: "!", bad: "✕", busy: "◷", plain: "–" };

/** A state as a word with a shape, so that nobody depends on the colour alone. */
export function State({ mood, children }: { mood: Mood; children: ComponentChildren }) {
  return (
    <span class={`state ${mood}`}>
      <span aria-hidden="true">{SHAPES[mood]}</span>
      {children}
    </span>
  );
}
