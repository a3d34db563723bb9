import { TransientError } from "@lethe/contracts/errors";
import { expect, it } from "vitest";
import { untilDatabaseAnswers } from "./until-database-answers.js";

const patience = { awayMs: 20, times: 2, betweenMs: 1 };
const never = new AbortController().signal;

/** A database of which each answer is given. */
function answering(...answers: boolean[]) {
  const query = async () => {
    if (!(answers.shift() ?? true)) throw new Error("gone");
    return { rows: [] };
  };
  return { query } as unknown as Parameters<typeof untilDatabaseAnswers>[0];
}

function failing(times: number, error: Error) {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw error;
    return `done in ${calls}`;
  };
}

function terminal() {
  const notes: string[] = [];
  return { notes, note: (text: string) => void notes.push(text) };
}

it("does the work again when the database has come back, and says so", async () => {
  const screen = terminal();
  const lost = new TransientError("the connection was lost");
  expect(await untilDatabaseAnswers(answering(false, true), failing(2, lost), screen, never, patience)).toBe(
    "done in 3",
  );
  expect(screen.notes).toHaveLength(2);
  expect(screen.notes[0]).toContain("the connection was lost; waiting");
});

it("gives up on a database that stays away, that goes away too often, and on other errors", async () => {
  const lost = new TransientError("lost");
  const away = answering(...Array.from({ length: 10_000 }, () => false));
  await expect(untilDatabaseAnswers(away, failing(1, lost), terminal(), never, patience)).rejects.toBe(lost);
  await expect(untilDatabaseAnswers(answering(), failing(3, lost), terminal(), never, patience)).rejects.toBe(lost);
  const other = new TypeError("a mistake");
  await expect(untilDatabaseAnswers(answering(), failing(1, other), terminal(), never, patience)).rejects.toBe(other);
});

it("ends with the signal's reason", async () => {
  const reason = new Error("stopped");
  const work = failing(1, new TransientError("lost"));
  await expect(untilDatabaseAnswers(answering(), work, terminal(), AbortSignal.abort(reason), patience)).rejects.toBe(
    reason,
  );
});
