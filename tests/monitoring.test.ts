import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { landRecords } from "@lethe/test-kit/landing";
import { customer } from "@lethe/test-kit/records";
import { fromRepository } from "@lethe/test-kit/repository";
import { openByApi, untilClosed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const FOLDER = fromRepository("infra/monitoring");
/** Prometheus' own tool, where this machine has it: Debian's package `prometheus` brings it. */
const HAS_PROMTOOL = succeeds("promtool", "--version");

let world: World;
/** What every service shows to Prometheus, after a run with a reject. */
let figures: string[];

beforeAll(async () => {
  world = await openWorld({ services: [] });
  const ports = { scheduler: 0, extractor: 0, transformer: 0, loader: 0 };
  for (const name of ["scheduler", "extractor", "transformer", "loader"] as const) {
    ports[name] = 20_000 + Math.floor(Math.random() * 20_000);
    await world.start(name, { LETHE_HEALTH_PORT: String(ports[name]) });
  }
  await landRecords(world, "date=2020-01-09/hour=01/customers.json", [
    customer({ id: "900007" }),
    { ...customer({ id: "900008" }), first_name: 7 },
  ]);
  await untilClosed(world, await openByApi(world, "customers"));
  figures = await Promise.all(
    Object.values(ports).map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
});
afterAll(() => world.close());

it("counts what was loaded, rejected and copied", () => {
  const all = figures.join("\n");
  expect(all).toMatch(/^lethe_records_loaded_total\{[^}]*dataset="customers",kind="files"[^}]*\} 1$/m);
  expect(all).toMatch(
    /^lethe_records_rejected_total\{[^}]*dataset="customers",kind="files",reason="schema"[^}]*\} 1$/m,
  );
  expect(all).toMatch(/^lethe_copied_bytes_total\{[^}]*dataset="customers"[^}]*\} [1-9]\d+$/m);
  expect(all).toMatch(/^lethe_dataset_last_success_timestamp_seconds\{[^}]*dataset="customers"[^}]*\} 1[\d.e+]+$/m);
  expect(all).toMatch(/^lethe_queue_oldest_job_seconds\{[^}]*queue="load"[^}]*\} 0$/m);
});

it.each(["alerts.yml", "grafana/dashboards/lethe.json"])("names no metric in %s that no service has", (file) => {
  const known = new Set([...figures.join("\n").matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const used = readFileSync(`${FOLDER}/${file}`, "utf8").match(/\b(lethe|process|nodejs)_[a-z0-9_]+\b/g) ?? [];
  const metrics = used.map((name) => name.replace(/_(bucket|count|sum)$/, ""));
  expect(metrics.length).toBeGreaterThan(5);
  // What a histogram counts is named after it, and so may be another metric.
  const unknown = new Set(used.filter((name, i) => !known.has(name) && !known.has(metrics[i])));
  // Absent while every request is answered.
  unknown.delete("lethe_erasure_left_seconds");
  expect([...unknown]).toEqual([]);
});

if (HAS_PROMTOOL) {
  describe("promtool", () => {
    it("accepts the alert rules and the scrape configuration", async () => {
      expect(await promtool(["check", "rules", "alerts.yml"])).toContain("SUCCESS");
      expect(await promtool(["check", "config", "--syntax-only", "prometheus.yml"])).toContain("SUCCESS");
    });

    it("sees each alert fire in its time, and none while all is well", async () => {
      expect(await promtool(["test", "rules", "alerts.test.yml"])).toContain("SUCCESS");
    });

    it("finds nothing to say about the names and types of metrics", async () => {
      for (const each of figures) expect(await promtool(["check", "metrics"], each)).toBe("");
    });
  });
}

/** Runs promtool; returns all that it says. A failure shows it. */
function promtool(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile("promtool", args, { cwd: FOLDER }, (error, out, err) =>
      error === null || input !== "" ? resolve(out + err) : reject(new Error(out + err)),
    );
    child.stdin?.end(input);
  });
}

function succeeds(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
