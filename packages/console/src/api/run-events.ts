import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "./client.js";

/** What is known of a run that is followed. */
export interface FollowedRun {
  readonly run: Schemas["RunEvent"] | undefined;
  /** Whether the API sends what changes, at this moment. */
  readonly isLive: boolean;
}

/**
 * Follows a run by server-sent events. The browser connects again by itself until the run has closed, of which `onEnd` is told. `round`
 * begins anew.
 */
export function useRunEvents(id: string, round: number, onEnd?: () => void): FollowedRun {
  const [followed, setFollowed] = useState<FollowedRun>({ run: undefined, isLive: false });
  useEffect(() => {
    const source = new EventSource(`/runs/${encodeURIComponent(id)}/events`);
    source.addEventListener("run", (event) =>
      setFollowed({ run: JSON.parse(event.data) as Schemas["RunEvent"], isLive: true }),
    );
    source.addEventListener("end", () => {
      source.close();
      setFollowed((before) => ({ ...before, isLive: false }));
      onEnd?.();
    });
    source.addEventListener("error", () => setFollowed((before) => ({ ...before, isLive: false })));
    return () => source.close();
  }, [id, round]);
  return followed;
}
