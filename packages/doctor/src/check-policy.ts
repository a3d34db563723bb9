import type { Finding } from "@lethe/contracts/diagnosis";
import { LetheError } from "@lethe/contracts/errors";
import { hasSystemCode, systemCode } from "@lethe/contracts/system-error";
import { type Check, defineCheck } from "./check.js";
/** Whether the masking policy can be read, and fits the datasets. Transformer and loader do not start without it. */
export const POLICY_CHECKS: readonly Check[] = [
  defineCheck({
    name: "policy",
    question: "Is the masking policy there, and does it fit the datasets?",
    needs: ["policy"],
    isQuick: true,
    async find({ policy }) {
      try {
        policy();
        return [];
      } catch (error) {
        if (!(error instanceof LetheError)) throw error;
        const code = systemCode(error.cause);
        if (code === undefined) return [finding("policy_invalid", error.message, CORRECT)];
        const isMissing = hasSystemCode(error.cause, "ENOENT");
        return [
          isMissing
            ? finding("policy_missing", "there is no file of this name", GIVE)
            : finding("policy_unreadable", `the file cannot be read (${code})`, PERMIT),
        ];
      }
    },
  }),
];

function finding(code: string, what: string, remedy: string): Finding {
  return { severity: "error", code, where: "LETHE_POLICY_FILE", what, remedy };
}

const GIVE =
  "put the policy there, or name its file; without LETHE_POLICY_FILE the policy that comes with Lethe applies";
const PERMIT = "name a file, and let the user of the services read it (chown or chmod)";
const CORRECT = "correct the file, as docs/privacy.md describes it, and LETHE_ERASURE_OUTCOME";
