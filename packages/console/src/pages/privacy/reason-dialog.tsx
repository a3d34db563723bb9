import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { ReasonField } from "../../parts/field.js";
import { Problem } from "../../parts/message.js";

interface ReasonDialogProps {
  readonly title: string;
  /** The words of the button that does it. */
  readonly confirm: string;
  readonly kind?: "primary" | "danger";
  readonly act: (reason: string) => Promise<unknown>;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

/** Asks for the ground of a decision, and takes it. */
export function ReasonDialog({ title, confirm, kind = "primary", act, onClose, children }: ReasonDialogProps) {
  const [reason, setReason] = useState("");
  const action = useAction(async () => {
    await act(reason.trim());
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        {children}
        <ReasonField
          hint="Kept unchanged. Give a case number; do not name the person."
          value={reason}
          onChange={setReason}
        />
        <Problem problem={action.problem} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={kind} disabled={action.isDoing || reason.trim() === ""}>
            {confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
