import type { Asked } from "../api/use-answer.js";
import { Problem } from "./message.js";
import { Loading } from "./page.js";

/** Stands where an answer will be: that it is under way, or why there is none. Shows what went wrong beside an earlier answer, too. */
export function Pending({ asked, what }: { asked: Asked<unknown>; what: string }) {
  const { answer, problem, again } = asked;
  return (
    <>
      <Problem problem={problem} again={again} />
      {answer === undefined && problem === undefined && <Loading what={what} />}
    </>
  );
}
