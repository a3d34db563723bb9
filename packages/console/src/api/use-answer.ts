import { useCallback, useEffect, useState } from "preact/hooks";
import { session } from "../session.js";
import { ApiProblem } from "./client.js";

/** What a page knows of something that it has asked for. The last answer stays while the next is under way. */
export interface Asked<T> {
  readonly answer: T | undefined;
  readonly problem: ApiProblem | undefined;
  readonly isAsking: boolean;
  /** Asks again now. */
  readonly again: () => void;
}

/**
 * Asks the API, once and whenever `key` changes, and every `everyMs` milliseconds while the page is visible, if that is given.
 * A question that is no longer of use is aborted.
 */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, everyMs?: number): Asked<T> {
  const [known, setKnown] = useState<{ readonly key: string; readonly answer?: T; readonly problem?: ApiProblem }>();
  const [isAsking, setAsking] = useState(true);
  const [round, setRound] = useState(0);

  // `key` stands for all that `ask` depends on.
  useEffect(() => {
    const stopped = new AbortController();
    setAsking(true);
    ask(stopped.signal)
      .then((answer) => setKnown({ key, answer }))
      .catch((error: unknown) => {
        if (stopped.signal.aborted) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, "unexpected", String(error));
        // The token was revoked, or the session has ended.
        if (problem.status === 401) void session.load();
        setKnown((before) => (before?.key === key ? { ...before, problem } : { key, problem }));
      })
      .finally(() => {
        if (!stopped.signal.aborted) setAsking(false);
      });
    return () => stopped.abort();
  }, [key, round]);

  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setRound((before) => before + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);

  const again = useCallback(() => setRound((before) => before + 1), []);
  const current = known?.key === key ? known : undefined;
  return { answer: current?.answer, problem: current?.problem, isAsking, again };
}
