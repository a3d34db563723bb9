import { useEffect, useState } from "preact/hooks";
import { isActive } from "../parts/run-state.js";
import { answerOf, api, type Schemas } from "./client.js";

type Run = Schemas["RunDetail"] & Partial<Pick<Schemas["RunEvent"], "progress">>;

/** What is known of a run that is followed. */
export interface FollowedRun {
  readonly run: Run | undefined;
  /** Whether the API sends what changes, at this moment. */
  readonly isLive: boolean;
}

/** How often a run is asked for where its events do not come. */
const ASK_MS = 5_000;

/**
 * Follows a run by server-sent events until it has closed, of which `onEnd` is told. A browser lets six connections to a host be open at once,
 * so only a page that can be seen holds one. Where events do not come (a browser gives up after an answer that is no stream), the run is
 * asked for every few seconds, and its events once more with it. `round` begins anew.
 */
export function useRunEvents(id: string, round: number, onEnd?: () => void): FollowedRun {
  const [followed, setFollowed] = useState<FollowedRun>({ run: undefined, isLive: false });
  useEffect(() => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const notLive = () => setFollowed((before) => ({ ...before, isLive: false }));
    const stop = () => {
      clearTimeout(timer);
      source?.close();
      source = undefined;
    };
    const end = () => {
      isOver = true;
      stop();
      notLive();
      onEnd?.();
    };

    async function askLater() {
      // What goes wrong here is asked again; the page shows that nothing is live.
      const run = await answerOf(api.GET("/runs/{id}", { params: { path: { id } } })).catch(() => undefined);
      if (isOver || document.visibilityState !== "visible") return;
      if (run !== undefined) setFollowed({ run, isLive: false });
      if (run !== undefined && !isActive(run.state)) return end();
      timer = setTimeout(listen, ASK_MS);
    }

    function listen() {
      stop();
      const opened = new EventSource(`/runs/${encodeURIComponent(id)}/events`);
      source = opened;
      opened.addEventListener("run", ({ data }) =>
        setFollowed({ run: JSON.parse(data) as Schemas["RunEvent"], isLive: true }),
      );
      opened.addEventListener("end", end);
      opened.addEventListener("error", () => {
        notLive();
        // Otherwise the browser connects again by itself.
        if (opened.readyState === EventSource.CLOSED) void askLater();
      });
    }

    const onVisibility = () => {
      if (isOver) return;
      if (document.visibilityState === "visible") listen();
      else stop();
    };
    document.addEventListener("visibilitychange", onVisibility);
    onVisibility();
    return () => {
      isOver = true;
      stop();
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, [id, round]);
  return followed;
}
