import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { medianOf } from "../report/median.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** From `npm start -- --once` to its end, on a checkout that is installed and built, with the sample. */
export async function measureColdStart({ work, rounds, note }) {
  const fresh = [];
  for (let round = 0; round < rounds; round++) {
    fresh.push(await start(path.join(work, String(round))));
    note(`new folder: ${fresh.at(-1).toFixed(2)} s`);
  }
  const again = await start(path.join(work, String(rounds - 1)));
  note(`the same folder again: ${again.toFixed(2)} s`);
  return { figures: { coldStartSeconds: medianOf(fresh) }, details: { againSeconds: Number(again.toFixed(3)) } };
}

async function start(folder) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["scripts/start.mjs", "--once"], {
    cwd: ROOT,
    env: { ...process.env, DATA_DIR: folder, RAW_DATA_DIR: "raw_data", DATABASE_URL: "", REDIS_URL: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece) => {
      said += piece;
    });
  }
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`npm start ended with exit code ${code}:\n${said}`);
  return (performance.now() - startedAt) / 1_000;
}
