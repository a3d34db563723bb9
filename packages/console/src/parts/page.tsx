import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface PageProps {
  readonly title: string;
  /** What the page is for, in one sentence. */
  readonly lead?: ComponentChildren;
  /** Buttons of the whole page. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Whether a page has been shown since the console was loaded. */
let hasOpened = false;

/**
 * A page with its title, which becomes that of the document. The title of every page but the first takes the
 * focus, so that a screen reader begins there; on the first, Tab leads to the link that skips the navigation.
 */
export function Page({ title, lead, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Lethe`;
  }, [title]);
  useEffect(() => {
    if (hasOpened) heading.current?.focus({ preventScroll: true });
    hasOpened = true;
  }, []);
  return (
    <>
      <div class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p>{lead}</p>}
        </div>
        {actions !== undefined && <div class="row">{actions}</div>}
      </div>
      {children}
    </>
  );
}

/** A part of a page with a heading of its own. */
export function Panel({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Stands where an answer will be. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="quiet" role="status">
      Loading {what} …
    </p>
  );
}
