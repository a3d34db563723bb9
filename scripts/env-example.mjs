const HEADER = [
  "Settings of Lethe, by environment variable. This file is generated from the settings' schemas: see CONTRIBUTING.md.",
  "Copy it to `.env`, uncomment what differs from the default, and start with",
  "`node --env-file=.env scripts/start.mjs`. Docker Compose reads `.env` by itself: see infra/README.md.",
  "Every setting X may also come from a file that X_FILE names, which is the better place for a secret.",
  "`lethe` is the command, which `npm start` runs too; it passes its settings on to the services that it starts.",
];
const WIDTH = 120;

/**
 * Returns the text of `.env.example`: each setting once, commented out, with its description, its limits, its default
 * and the programs that read it. `schemas` maps a program's name to the properties of its settings' schema. Throws
 * where a setting has no description, or differs between two programs.
 */
export function envExample(schemas) {
  const settings = new Map();
  for (const [program, properties] of Object.entries(schemas)) {
    for (const [name, schema] of Object.entries(properties)) {
      if (!schema.description) throw new Error(`${name} of ${program} has no description`);
      const described = { lines: [...wrap(`${schema.description}.`), ...limits(schema)], value: defaultOf(schema) };
      const known = settings.get(name);
      if (known === undefined) settings.set(name, { ...described, programs: [program] });
      else if (JSON.stringify([known.lines, known.value]) === JSON.stringify(Object.values(described))) {
        known.programs.push(program);
      } else throw new Error(`${name} of ${program} is not the setting that ${known.programs.join(", ")} reads`);
    }
  }
  const blocks = [...settings].map(([name, { lines, value, programs }]) => {
    const readers = programs.length === Object.keys(schemas).length ? "all" : programs.join(", ");
    return [...lines.map((line) => `# ${line}`), `# Read by: ${readers}`, `#${name}=${value}`].join("\n");
  });
  return `${[HEADER.map((line) => `# ${line}`).join("\n"), ...blocks].join("\n\n")}\n`;
}

/** Secrets and servers have no default, and so no value here. */
function defaultOf(schema) {
  return schema.default === undefined ? "" : String(schema.default);
}

function limits({ enum: values, minimum, maximum }) {
  if (values !== undefined) return [`One of: ${values.join(", ")}`];
  if (minimum === undefined && maximum === undefined) return [];
  return [maximum === undefined ? `At least ${minimum}` : `From ${minimum} to ${maximum}`];
}

function wrap(text) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > WIDTH - 2) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
