import { useState } from "preact/hooks";
import { answerOf, api } from "../../api/client.js";
import { formatThings } from "../../format/quantities.js";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { ReasonField } from "../../parts/field.js";
import { Message, Problem } from "../../parts/message.js";
import { describeMeant, type MeantRecords } from "./meant-records.js";

interface DiscardDialogProps {
  readonly meant: MeantRecords;
  readonly onClose: (hasChanged: boolean) => void;
}

/** Closes records that are not to be loaded, with a reason that is kept. */
export function DiscardDialog({ meant, onClose }: DiscardDialogProps) {
  const [reason, setReason] = useState("");
  const discard = useAction(() => discardMeant(meant, reason));
  const { done } = discard;
  return (
    <Dialog title="Discard records" onClose={() => onClose(done !== undefined)}>
      <p>
        {meant.ids?.length === 1
          ? "This record will not be loaded. It stays in quarantine, and erasures still reach it."
          : `This discards ${describeMeant(meant)}, a thousand at most. They will not be loaded. They stay in quarantine, and erasures still reach them. Records that wait for a decision about a person are left out.`}
      </p>
      {done === undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void discard.run();
          }}
        >
          <ReasonField
            hint="Kept unchanged, with your name. Give a case number; do not name the person."
            value={reason}
            onChange={setReason}
          />
          <Problem problem={discard.problem} />
          <div class="row end">
            <button type="button" onClick={() => onClose(false)}>
              Cancel
            </button>
            <button type="submit" class="danger" disabled={discard.isDoing}>
              Discard
            </button>
          </div>
        </form>
      ) : (
        <>
          <Message mood="good">
            <p>
              {formatThings(done.discarded, "record is", "records are")} discarded
              {meant.ids !== undefined &&
                done.discarded < meant.ids.length &&
                "; the others were closed before, or a decision is due on them"}
              {done.left > 0 && `, and ${formatThings(done.left, "more is", "more are")} open`}.
            </p>
          </Message>
          <div class="row end">
            <button type="button" onClick={() => onClose(true)}>
              Close
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

/** Discards the records; a single one by its own address, whose answer says why it cannot be. */
async function discardMeant(meant: MeantRecords, reason: string): Promise<{ discarded: number; left: number }> {
  const [quarantineId, ...more] = meant.ids ?? [];
  if (quarantineId === undefined || more.length > 0) {
    return answerOf(api.POST("/quarantine/discard", { body: { filter: meant, reason } }));
  }
  const params = { path: { quarantineId } };
  await answerOf(api.POST("/quarantine/{quarantineId}/discard", { params, body: { reason } }));
  return { discarded: 1, left: 0 };
}
