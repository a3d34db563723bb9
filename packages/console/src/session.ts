import { computed, signal } from "@preact/signals";
import { ApiProblem, answerOf, api, type Schemas, useCsrfToken } from "./api/client.js";

/** Who uses the page, and how somebody who has not signed in can do so. */
export type Session = Schemas["Session"];

/** What a caller of the API may do. */
export type Role = NonNullable<Session["caller"]>["role"];

const current = signal<Session | undefined>();
const failure = signal<ApiProblem | undefined>();

export const session = {
  /** Undefined until the API has answered. */
  current,
  /** Why it is not known who uses the page. */
  failure,
  caller: computed(() => current.value?.caller ?? undefined),
  /** Asks the API who uses the page. */
  async load(): Promise<void> {
    try {
      session.set(await answerOf(api.GET("/session")));
      failure.value = undefined;
    } catch (error) {
      failure.value = error instanceof ApiProblem ? error : new ApiProblem(0, "unexpected", String(error));
    }
  },
  /** Signs in with a token, which the browser then holds where no script reads it. */
  async signIn(token: string): Promise<void> {
    session.set(await answerOf(api.POST("/session", { body: { token } })));
  },
  async signOut(): Promise<void> {
    await answerOf(api.DELETE("/session"));
    await session.load();
  },
  set(known: Session): void {
    useCsrfToken(known.csrfToken);
    current.value = known;
  },
};

/** Reports whether the user of the page may do what a role may do. The API decides; this decides what is shown. */
export function may(needed: Role): boolean {
  const role = session.caller.value?.role;
  return role !== undefined && (role === "admin" || role === needed || needed === "viewer");
}
