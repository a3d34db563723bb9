import { useEffect } from "preact/hooks";
import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from "preact-iso";
import { loadJobNames } from "./api/job-names.js";
import { takeReturnAddress } from "./pages/sign-in/return-address.js";
import { SignInPage } from "./pages/sign-in/sign-in-page.js";
import { PAGES } from "./pages.js";
import { ActionButton } from "./parts/action.js";
import { Problem } from "./parts/message.js";
import { Loading, Page } from "./parts/page.js";
import { session } from "./session.js";
import { changeTheme, theme } from "./theme.js";

/** The console: its frame, and the page that the address names. */
export function App() {
  useEffect(() => void session.load(), []);
  return (
    <LocationProvider>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="frame">
        <Header />
        <Navigation />
        <main id="main">
          <Content />
        </main>
      </div>
    </LocationProvider>
  );
}

function Header() {
  const caller = session.caller.value;
  return (
    <header>
      <a class="brand" href="/">
        <img src="/assets/icon.svg" alt="" width="26" height="26" /> Lethe
      </a>
      <button type="button" onClick={changeTheme}>
        Theme: {theme}
      </button>
      {caller !== undefined && (
        <span class="mono">
          {caller.name} <span class="quiet">({caller.role})</span>
        </span>
      )}
      {caller?.role === "viewer" && <span class="quiet">You have read-only access</span>}
      {session.current.value?.csrfToken != null && <ActionButton act={session.signOut}>Sign out</ActionButton>}
    </header>
  );
}

function Navigation() {
  const { path } = useLocation();
  return (
    <nav aria-label="Pages">
      <ul>
        {PAGES.map(
          ({ path: target, title }) =>
            title !== undefined && (
              <li key={target}>
                <a href={target} aria-current={isWithin(path, target) ? "page" : undefined}>
                  {title}
                </a>
              </li>
            ),
        )}
      </ul>
    </nav>
  );
}

function isWithin(path: string, target: string): boolean {
  return path === target || (target !== "/" && path.startsWith(`${target}/`));
}

function Content() {
  const { current, failure, caller } = session;
  const { route } = useLocation();
  const isSignedIn = caller.value !== undefined;
  useEffect(() => {
    if (!isSignedIn) return;
    void loadJobNames();
    const address = takeReturnAddress();
    if (address !== undefined) route(address, true);
  }, [isSignedIn]);
  if (failure.value !== undefined) {
    const isSilent = failure.value.status === 0 || failure.value.status >= 500;
    return (
      <Page title={isSilent ? "Lethe does not answer" : "Lethe lets nobody in from here"}>
        <Problem problem={failure.value} again={() => void session.load()} />
      </Page>
    );
  }
  if (current.value === undefined) return <Loading what="the console" />;
  if (caller.value === undefined) return <SignInPage session={current.value} />;
  return (
    <ErrorBoundary>
      <Router>
        {PAGES.map(({ path, component }) => (
          <Route key={path} path={path} component={component} />
        ))}
        <Route default component={NothingHere} />
      </Router>
    </ErrorBoundary>
  );
}

function NothingHere() {
  return (
    <Page title="There is no such page" lead="The address names no page of the console.">
      <a href="/">Go to the overview</a>
    </Page>
  );
}
