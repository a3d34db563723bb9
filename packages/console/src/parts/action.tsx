import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiProblem } from "../api/client.js";
import { session } from "../session.js";
import { Problem } from "./message.js";

/** What a page knows of something that it has asked the API to do. */
export interface Doing<A extends unknown[], T> {
  readonly isDoing: boolean;
  readonly problem: ApiProblem | undefined;
  readonly done: T | undefined;
  readonly run: (...args: A) => Promise<T | undefined>;
  readonly reset: () => void;
}

/** Wraps something that changes what Lethe holds: it runs once at a time, and its problem is kept to be shown. */
export function useAction<A extends unknown[], T>(act: (...args: A) => Promise<T>): Doing<A, T> {
  const [state, setState] = useState<{ isDoing: boolean; problem?: ApiProblem; done?: T }>({ isDoing: false });
  return {
    isDoing: state.isDoing,
    problem: state.problem,
    done: state.done,
    async run(...args) {
      if (state.isDoing) return undefined;
      setState({ isDoing: true });
      try {
        const done = await act(...args);
        setState({ isDoing: false, done });
        return done;
      } catch (error) {
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unexpected", String(error));
        // The session has ended, or another window has signed in as somebody else.
        if (problem.status === 401 || problem.code === "csrf_token_required") void session.load();
        setState({ isDoing: false, problem });
        return undefined;
      }
    },
    reset: () => setState({ isDoing: false }),
  };
}

interface ActionButtonProps {
  readonly act: () => Promise<unknown>;
  readonly kind?: "primary" | "danger";
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

/** A button that does something at once, and shows beside it what went wrong. */
export function ActionButton({ act, kind, disabled = false, children }: ActionButtonProps) {
  const action = useAction(act);
  return (
    <>
      <button type="button" class={kind} disabled={disabled || action.isDoing} onClick={() => void action.run()}>
        {children}
      </button>
      <Problem problem={action.problem} />
    </>
  );
}
