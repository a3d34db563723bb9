import { type Attributes, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-node";
import type { Telemetry } from "bullmq";
import type { Logger } from "./logger.js";
import { withTimeout } from "./with-timeout.js";

export interface Tracing {
  /** Carries a trace from whoever enqueues a job to whoever does it. */
  readonly telemetry: Telemetry;
  /** Sends the spans that still wait, for a second at most. */
  stop(): Promise<void>;
}

const TRACER = "lethe";
const LAST_SPANS_MS = 1_000;
/** Spans that wait to be sent. What is beyond it, while the receiver does not answer, is dropped. */
const SPANS_HELD = 2_048;

/**
 * Has a service send OpenTelemetry traces to an OTLP receiver over HTTP, as JSON. `endpoint` is the receiver's base URL, to which
 * `/v1/traces` is added, as the OpenTelemetry specification says of OTEL_EXPORTER_OTLP_ENDPOINT. The libraries are loaded here alone, so
 * a service without an endpoint does not pay for them.
 */
export async function startTracing(service: string, endpoint: string, log: Logger): Promise<Tracing> {
  const [
    { BatchSpanProcessor, NodeTracerProvider },
    { OTLPTraceExporter },
    { resourceFromAttributes },
    { BullMQOtel },
  ] = await Promise.all([
    import("@opentelemetry/sdk-trace-node"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
    import("bullmq-otel"),
  ]);
  const otlp = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces`, timeoutMillis: 5_000 });
  const exporter: SpanExporter = {
    export(spans, done) {
      otlp.export(spans.map(withReferencesAlone), (result) => {
        if (result.error !== undefined)
          log.warn({ code: "traces_not_sent" }, "traces could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT");
        done(result);
      });
    },
    shutdown: () => otlp.shutdown(),
  };
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": `lethe-${service}`, "service.namespace": "lethe" }),
    spanProcessors: [new BatchSpanProcessor(exporter, { maxQueueSize: SPANS_HELD })],
  });
  provider.register();
  return {
    telemetry: new BullMQOtel({ tracerName: TRACER }),
    async stop() {
      await withTimeout(
        provider.shutdown().catch(() => undefined),
        LAST_SPANS_MS,
        () => undefined,
      );
    },
  };
}

/** Does work as a span of the active trace. Without `startTracing` it only does the work. Attributes are references and counts. */
export function traced<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return trace.getTracer(TRACER).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** What a span may say. Anything else, as the text of an error, could quote a record, and leaves the process with no span. */
const KEPT_ATTRIBUTES =
  /^(lethe\..+|http\.(request\.method|route|response\.status_code)|bullmq\.(queue\.name|job\.(id|name|attempts\.made)|flow\.name))$/;

function withReferencesAlone(span: ReadableSpan): ReadableSpan {
  const kept = Object.entries(span.attributes).filter(([name]) => KEPT_ATTRIBUTES.test(name));
  // The rest of a span stands in its class.
  return Object.create(span, {
    attributes: { value: Object.fromEntries(kept) },
    events: { value: [] },
    status: { value: { code: span.status.code } },
  }) as ReadableSpan;
}
