import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { Page } from "../../parts/page.js";
import { may, type Role } from "../../session.js";

/** The pages about people's rights, and who sees each. */
const PARTS: readonly { readonly path: string; readonly title: string; readonly role: Role }[] = [
  { path: "/console/privacy", title: "Requests", role: "viewer" },
  { path: "/console/privacy/erasures", title: "Erasures and receipts", role: "viewer" },
  { path: "/console/privacy/person", title: "A person", role: "privacy-officer" },
  { path: "/console/privacy/restrictions", title: "Restrictions", role: "viewer" },
  { path: "/console/privacy/findings", title: "Mentions in other people’s records", role: "viewer" },
  { path: "/console/privacy/data-map", title: "Data map", role: "viewer" },
];

interface PrivacyFrameProps {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page about people's rights, with links to the others. */
export function PrivacyFrame({ title, lead, actions, children }: PrivacyFrameProps) {
  const { path } = useLocation();
  return (
    <Page title={title} lead={lead} actions={actions}>
      <nav class="parts" aria-label="Privacy">
        <ul>
          {PARTS.filter(({ role }) => may(role)).map((part) => (
            <li key={part.path}>
              <a href={part.path} aria-current={part.path === path ? "page" : undefined}>
                {part.title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {children}
    </Page>
  );
}
