import { SIGN_IN_FAILURES } from "@lethe/contracts/sign-in-failures";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useAction } from "../../parts/action.js";
import { Field } from "../../parts/field.js";
import { Message, Problem } from "../../parts/message.js";
import { Page } from "../../parts/page.js";
import { type Session, session } from "../../session.js";
import { keepReturnAddress } from "./return-address.js";

/** Where whoever has no session signs in. The address stays, so that the page that it names follows. */
export function SignInPage({ session: { problem, signIn } }: { session: Session }) {
  const { openIdConnect } = signIn;
  return (
    <Page title="Sign in" lead="The console shows what your role may see, and offers what it may do.">
      <Failure />
      {problem === "two_cookies" && <TwoCookies />}
      <TokenForm />
      {openIdConnect !== null && (
        <section class="panel narrow" aria-label={openIdConnect.name}>
          <button
            type="button"
            onClick={() => {
              keepReturnAddress();
              location.assign("/session/oidc");
            }}
          >
            Sign in with {openIdConnect.name}
          </button>
        </section>
      )}
    </Page>
  );
}

/** Why signing in elsewhere has led back without success, as the address says. */
function Failure() {
  const { "sign-in": code } = useLocation().query;
  const found = Object.entries(SIGN_IN_FAILURES).find(([known]) => known === code);
  if (found === undefined) return null;
  return (
    <Message mood="bad">
      <p>
        {found[1]} <code>{found[0]}</code>
      </p>
    </Message>
  );
}

/** What to do where somebody who signs in would not be let in for all that. */
function TwoCookies() {
  return (
    <Message mood="bad">
      <p>
        The browser sent two session cookies, so neither counts: another server on this host may have set one of them.
        Sign in again. If this comes back, delete the cookies of this host in the settings of the browser.{" "}
        <code>two_cookies</code>
      </p>
    </Message>
  );
}

function TokenForm() {
  const { path, query, route } = useLocation();
  const [token, setToken] = useState("");
  const action = useAction(async () => {
    await session.signIn(token.trim());
    // The reason of an earlier failure has no place in the address any more.
    if (query["sign-in"] !== undefined) route(path, true);
  });
  return (
    <form
      class="panel narrow"
      onSubmit={(event) => {
        event.preventDefault();
        void action.run();
      }}
    >
      <Field
        label="API token"
        hint="What “lethe tokens create” has printed. The browser holds it for twelve hours, where no script can read it."
      >
        {(ids) => (
          <input
            {...ids}
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        )}
      </Field>
      <p>
        <button type="submit" class="primary" disabled={action.isDoing}>
          Sign in
        </button>
      </p>
      {action.problem?.code === "input_invalid" ? (
        <Message mood="bad">
          <p>
            This is no token: a token is one word of letters, digits and signs. Copy it anew. <code>input_invalid</code>
          </p>
        </Message>
      ) : (
        <Problem problem={action.problem} />
      )}
    </form>
  );
}
