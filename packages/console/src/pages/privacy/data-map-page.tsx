import { answerOf, api, type Schemas } from "../../api/client.js";
import { useAnswer } from "../../api/use-answer.js";
import { Check } from "../../parts/field.js";
import { Pending } from "../../parts/pending.js";
import { Table } from "../../parts/table.js";
import { useQuery } from "../../query.js";
import { PrivacyFrame } from "./privacy-frame.js";

type DataTable = Schemas["DataMap"]["sections"][number]["tables"][number];
type Columns = DataTable["columns"][number];

/** What every column of every table holds about people, what an erasure leaves of it, and who may read it. */
export function DataMapPage() {
  const { values, set } = useQuery();
  const isAll = values.all === "yes";
  const asked = useAnswer("data map", (signal) => answerOf(api.GET("/data-map", { signal })));
  return (
    <PrivacyFrame
      title="Data map"
      lead="What every column holds about people, what an erasure leaves of it, and who may read it: the basis of a record of processing (GDPR Art. 30)."
    >
      <Check
        label="Also columns that say nothing of people"
        checked={isAll}
        onChange={(checked) => set({ all: checked ? "yes" : "" })}
      />
      <Pending asked={asked} what="the data map" />
      {asked.answer?.sections.map(({ heading, tables }) => (
        <section key={heading} aria-label={heading}>
          <h2>{heading}</h2>
          {tables.map((table) => (
            <TableOf key={table.name} table={table} isAll={isAll} />
          ))}
        </section>
      ))}
    </PrivacyFrame>
  );
}

function TableOf({ table, isAll }: { table: DataTable; isAll: boolean }) {
  const columns = table.columns.filter(({ holds }) => isAll || holds !== "neither");
  return (
    <>
      <h3>
        {table.title} <span class="mono quiet">{table.name}</span>
      </h3>
      {table.belongsTo !== null && (
        <p class="quiet">
          A row is about the person of the row of <code>{table.belongsTo.table}</code> that has the same{" "}
          <code>{table.belongsTo.key}</code>.
        </p>
      )}
      <Table<Columns>
        caption={table.name}
        hasHeading
        columns={[
          { title: "Column", cell: ({ names }) => <span class="mono">{names.join(", ")}</span> },
          {
            title: "Holds",
            cell: ({ holds, identifies }) => (identifies === null ? holds : `${holds}: ${identifies}`),
          },
          {
            title: "Input field",
            cell: ({ inputField, isDerived }) =>
              inputField === null ? (
                ""
              ) : (
                <>
                  {isDerived ? "derived from " : ""}
                  <code>{inputField}</code>
                </>
              ),
          },
          { title: "An erasure leaves", cell: ({ leaves }) => leaves.replaceAll("`", "") },
          {
            title: "Readers",
            cell: ({ readers, analysts }) =>
              [...readers, ...(analysts === null ? [] : [`analysts as ${analysts}`])].join(", "),
          },
        ]}
        rows={columns}
        keyOf={({ names }) => names.join()}
        empty="No column says anything of a person."
      />
    </>
  );
}
