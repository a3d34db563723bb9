import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { landRecords } from "@lethe/test-kit/landing";
import { customer } from "@lethe/test-kit/records";
import { openByApi, untilClosed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

/** What an OTLP receiver gets: https://opentelemetry.io/docs/specs/otlp/#otlphttp, as JSON. */
interface Received {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly SpanReceived[] }[];
  }[];
}
interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface SpanReceived {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly events?: readonly unknown[];
}

const bodies: string[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    bodies.push(Buffer.concat(chunks).toString());
    response.setHeader("content-type", "application/json").end("{}");
  });
});
let world: World;
let runId: string;

beforeAll(async () => {
  await once(receiver.listen(0, "127.0.0.1"), "listening");
  const { port } = receiver.address() as AddressInfo;
  world = await openWorld({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } });
  await landRecords(world, "date=2020-01-09/hour=01/customers.json", [
    customer({ id: "900007", email: "traced.person@example.org", first_name: "Traceline" }),
    { ...customer({ id: "900008" }), first_name: 7 },
  ]);
  runId = await openByApi(world, "customers");
  await untilClosed(world, runId);
  // Services send what waits before they end.
  for (const service of [...world.running]) await world.stop(service);
});
afterAll(async () => {
  await world.close();
  receiver.close();
});

it("follows a run from the request through every queue to the commit, as one trace", () => {
  const { spans, services } = received();
  const [post] = spans.filter(({ name }) => name === "POST /jobs/:job/runs");
  const ofTrace = spans.filter(({ traceId }) => traceId === post?.traceId);
  const names = ofTrace.map(({ name }) => name);
  for (const job of ["extract", "transform", "load", "finish"]) {
    expect(names).toContain(`process ${job}`);
  }
  const [commit] = ofTrace.filter(({ name }) => name === "load transaction");
  expect(commit?.attributes).toContainEqual({ key: "lethe.run_id", value: { stringValue: runId } });
  expect(ancestors(commit, ofTrace)).toContain(post?.spanId);
  expect(services).toEqual(new Set(["lethe-scheduler", "lethe-extractor", "lethe-transformer", "lethe-loader"]));
});

it("sends references alone: nothing of a record, no text of an error", () => {
  const text = bodies.join("\n");
  for (const value of ["traced.person", "Traceline", "900007", "900008"]) expect(text).not.toContain(value);
  const { spans } = received();
  expect(spans.flatMap(({ events }) => events ?? [])).toEqual([]);
  const keys = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
  expect([...keys].filter((key) => /options|result|reason|exception|url|progress/.test(key))).toEqual([]);
});

function received(): { readonly spans: SpanReceived[]; readonly services: Set<string> } {
  const all = bodies.flatMap((body) => (JSON.parse(body) as Received).resourceSpans);
  const services = all.flatMap(({ resource }) =>
    resource.attributes.flatMap(({ key, value }) => (key === "service.name" ? [value.stringValue ?? ""] : [])),
  );
  return {
    spans: all.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    services: new Set(services),
  };
}

/** Returns the ids of the spans that a span is within. */
function ancestors(span: SpanReceived | undefined, spans: readonly SpanReceived[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span?.parentSpanId);
  return parent === undefined ? [] : [parent.spanId, ...ancestors(parent, spans)];
}
