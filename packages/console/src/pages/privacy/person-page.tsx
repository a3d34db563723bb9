import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { answerOf, api, type Schemas } from "../../api/client.js";
import { formatCount, formatThings } from "../../format/quantities.js";
import { useAction } from "../../parts/action.js";
import { Dialog } from "../../parts/dialog.js";
import { Check, Field } from "../../parts/field.js";
import { Message, Problem } from "../../parts/message.js";
import { Panel } from "../../parts/page.js";
import { PlaceName } from "../../parts/place-name.js";
import { Table } from "../../parts/table.js";
import { may } from "../../session.js";
import { PrivacyFrame } from "./privacy-frame.js";
import { ReasonDialog } from "./reason-dialog.js";

interface Claim {
  readonly customerId: string;
  readonly email: string;
}

/** What somebody may ask about their own data: to be forgotten, to see it, to have it restricted. */
export function PersonPage() {
  const [customerId, setCustomerId] = useState("");
  const [email, setEmail] = useState("");
  const [isChecked, setChecked] = useState(false);
  const claim = { customerId: customerId.trim(), email: email.trim() };
  const isComplete = /^\d{6}$/.test(claim.customerId) && /^[^\s@]+@[^\s@]+$/.test(claim.email);
  if (!may("privacy-officer")) {
    return (
      <PrivacyFrame title="A person">
        <Message mood="warn">This is for privacy officers.</Message>
      </PrivacyFrame>
    );
  }
  return (
    <PrivacyFrame
      title="A person"
      lead="What somebody may ask about their own data. What you type here stays out of addresses and logs."
    >
      <Panel title="Who asks">
        <form class="fields" aria-label="Who asks" autocomplete="off" onSubmit={(event) => event.preventDefault()}>
          <Field label="Customer id" hint="Six digits; leading zeros matter.">
            {(ids) => (
              <input
                {...ids}
                inputMode="numeric"
                autocomplete="off"
                maxLength={6}
                size={8}
                value={customerId}
                onInput={(event) => setCustomerId(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Email" hint="The one that is or was the customer’s.">
            {(ids) => (
              <input
                {...ids}
                type="email"
                autocomplete="off"
                size={32}
                maxLength={320}
                value={email}
                onInput={(event) => setEmail(event.currentTarget.value)}
              />
            )}
          </Field>
        </form>
        <Check
          label="I have checked the person’s identity another way, and all records under the id are theirs. This is recorded."
          checked={isChecked}
          onChange={setChecked}
        />
        {!isComplete && <p class="quiet">Give both, then choose what is to be done.</p>}
      </Panel>
      <ErasePanel claim={claim} isComplete={isComplete} />
      <div class="grid">
        <ExportPanel claim={claim} isComplete={isComplete} isChecked={isChecked} />
        <RestrictPanel claim={claim} isComplete={isComplete} isChecked={isChecked} />
      </div>
    </PrivacyFrame>
  );
}

interface ActProps {
  readonly claim: Claim;
  readonly isComplete: boolean;
}

const IDENTITIES: Readonly<Record<"match" | "mismatch" | "unknown", string>> = {
  match: "The email is the customer’s: a request is carried out.",
  mismatch: "The email is not the customer’s: nothing is erased before a person approves the request.",
  unknown: "There is no such customer. What else there is of them is masked, and whatever comes later.",
};

/** The plan comes before the request: nobody erases what they have not looked at. */
function ErasePanel({ claim, isComplete }: ActProps) {
  const key = JSON.stringify(claim);
  const [planned, setPlanned] = useState<string>();
  const plan = useAction(async () => {
    const found = await answerOf(api.POST("/erasures", { params: { query: { dryRun: true } }, body: claim }));
    setPlanned(key);
    return found as Schemas["ErasurePlan"];
  });
  const [isConfirming, setConfirming] = useState(false);
  const [taken, setTaken] = useState<Schemas["TakenRequest"]>();
  const isPlanned = plan.done !== undefined && planned === key;
  return (
    <Panel title="To be forgotten">
      <p>First see what an erasure reaches. Nothing changes before you ask for it.</p>
      <button type="button" disabled={!isComplete || plan.isDoing} onClick={() => void plan.run()}>
        {plan.isDoing ? "Looking …" : "Plan"}
      </button>
      <Problem problem={plan.problem} />
      {taken !== undefined && (
        <Message mood="good">
          The request is taken{taken.takenBy === "this_run" ? " by a run that has begun" : ", by the next run"}:{" "}
          <a href={`/console/runs/${taken.run.id}`}>follow the run</a>.
        </Message>
      )}
      {isPlanned && plan.done !== undefined && (
        <>
          <Message mood={plan.done.identity === "match" ? "good" : "warn"}>{IDENTITIES[plan.done.identity]}</Message>
          <div class="row">
            <button type="button" class="danger" onClick={() => setConfirming(true)}>
              {plan.done.identity === "mismatch" ? "Submit for approval …" : "Erase this person …"}
            </button>
          </div>
          <Table
            caption="What an erasure reaches"
            columns={[
              {
                title: "Place",
                cell: ({ place, name }) => <PlaceName place={place} name={name} />,
              },
              { title: "Records", isNumber: true, cell: ({ records }) => formatCount(records) },
            ]}
            rows={plan.done.places}
            keyOf={({ place, name }) => `${place}/${name}`}
            empty="No record is kept of this person."
          />
          {isConfirming && (
            <EraseDialog
              claim={claim}
              plan={plan.done}
              onClose={() => setConfirming(false)}
              onTaken={(request) => {
                setConfirming(false);
                setTaken(request);
              }}
            />
          )}
        </>
      )}
    </Panel>
  );
}

interface EraseDialogProps {
  readonly claim: Claim;
  readonly plan: Schemas["ErasurePlan"];
  readonly onClose: () => void;
  readonly onTaken: (request: Schemas["TakenRequest"]) => void;
}

/** Asks for the erasure once the customer's id has been typed again: nobody erases a person with a single click. */
function EraseDialog({ claim, plan, onClose, onTaken }: EraseDialogProps) {
  const [typed, setTyped] = useState("");
  const request = useAction(async () => {
    const taken = await answerOf(api.POST("/erasures", { body: claim }));
    onTaken(taken as Schemas["TakenRequest"]);
  });
  const needsApproval = plan.identity === "mismatch";
  const records = plan.places.reduce((sum, place) => sum + place.records, 0);
  const extent = `${formatThings(records, "record")} in ${formatThings(plan.places.length, "place")}`;
  return (
    <Dialog title={needsApproval ? "Submit this request for approval" : "Erase this person"} onClose={onClose}>
      <form
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void request.run();
        }}
      >
        <p>
          {needsApproval
            ? `A privacy officer decides the request. Once it is approved, the person is erased from ${extent}.`
            : `The person is erased from ${extent}.`}{" "}
          <strong>An erasure cannot be undone.</strong>
        </p>
        <Field label="Type the customer id again to confirm" isWide>
          {(ids) => (
            <input
              {...ids}
              inputMode="numeric"
              autocomplete="off"
              maxLength={6}
              required
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          )}
        </Field>
        <Problem problem={request.problem} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="danger" disabled={request.isDoing || typed.trim() !== claim.customerId}>
            {needsApproval ? "Submit for approval" : "Erase this person"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function ExportPanel({ claim, isComplete, isChecked }: ActProps & { isChecked: boolean }) {
  const download = useAction(async (format: "json" | "html") => {
    const content = await answerOf(
      api.POST("/subjects/export", {
        params: { query: { format } },
        body: { ...claim, identityChecked: isChecked },
        parseAs: "blob",
      }),
    );
    save(content as Blob, `what-is-held.${format}`);
    return format;
  });
  return (
    <Panel title="To see what is held">
      <p>
        Everything that is held on the person, with source and date (GDPR Art. 15 and 20). That you looked is recorded.
      </p>
      <div class="row">
        <button type="button" disabled={!isComplete || download.isDoing} onClick={() => void download.run("html")}>
          Download a page to read
        </button>
        <button type="button" disabled={!isComplete || download.isDoing} onClick={() => void download.run("json")}>
          Download JSON
        </button>
      </div>
      <Problem problem={download.problem} />
      {download.done !== undefined && (
        <Message mood="good">It is in your downloads. Hand it to nobody but the person, and delete it then.</Message>
      )}
    </Panel>
  );
}

function RestrictPanel({ claim, isComplete, isChecked }: ActProps & { isChecked: boolean }) {
  const [asked, setAsked] = useState<"restrict" | "release">();
  const [told, setTold] = useState<string>();
  const body = { ...claim, identityChecked: isChecked };
  return (
    <Panel title="To have it restricted">
      <p>It is kept, but analysts see none of it, and records that arrive are held (GDPR Art. 18).</p>
      <div class="row">
        <button type="button" disabled={!isComplete} onClick={() => setAsked("restrict")}>
          Restrict …
        </button>
        <button type="button" disabled={!isComplete} onClick={() => setAsked("release")}>
          Release …
        </button>
      </div>
      {told !== undefined && <Message mood="good">{told}</Message>}
      {asked === "restrict" && (
        <RulingDialog
          title="Restrict the person’s data"
          confirm="Restrict"
          onClose={() => setAsked(undefined)}
          act={async (reason) => {
            await answerOf(api.POST("/subjects/restrict", { body: { ...body, reason } }));
            setTold("The data is restricted.");
          }}
        >
          <p>Analysts see none of it from now on.</p>
        </RulingDialog>
      )}
      {asked === "release" && (
        <RulingDialog
          title="Lift the restriction"
          confirm="Release"
          onClose={() => setAsked(undefined)}
          act={async (reason) => {
            await answerOf(api.POST("/subjects/release", { body: { ...body, reason } }));
            setTold("The restriction is lifted. Records that were held are taken by replays.");
          }}
        >
          <p>Tell the person before (GDPR Art. 18(3)).</p>
        </RulingDialog>
      )}
    </Panel>
  );
}

interface RulingProps {
  readonly title: string;
  readonly confirm: string;
  readonly act: (reason: string) => Promise<void>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

function RulingDialog(props: RulingProps) {
  return <ReasonDialog kind="danger" {...props} />;
}

/** Has the browser keep a file under a name that says nothing of anybody. */
function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
