interface PagerProps {
  /** Whether the newest entries are shown. */
  readonly isNewest: boolean;
  /** What the API calls the next page; null on the last one. */
  readonly nextCursor: string | number | null;
  /** Opens the page after this cursor, or the newest one where there is none. */
  readonly onOpen: (cursor: string) => void;
}

/** Leads from page to page of a list whose newest entries come first. */
export function Pager({ isNewest, nextCursor, onOpen }: PagerProps) {
  return (
    <div class="row">
      {!isNewest && (
        <button type="button" onClick={() => onOpen("")}>
          Newest
        </button>
      )}
      {nextCursor !== null && (
        <button type="button" onClick={() => onOpen(String(nextCursor))}>
          Older
        </button>
      )}
    </div>
  );
}
