import type { Status } from "../api.ts";
import { counted } from "../format.ts";
import { Copyable } from "../parts/bits.tsx";
import { usePage } from "../router.tsx";

/** Ways to send the first span, with this server's own address. */
function snippets(origin: string): readonly { readonly title: string; readonly text: string }[] {
  return [
    {
      title: "Any OpenTelemetry SDK, by environment",
      text: `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=my-agent`,
    },
    {
      title: "TypeScript",
      text: `import { NodeSDK } from "@opentelemetry/sdk-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";

new NodeSDK({
  serviceName: "my-agent",
  traceExporter: new OTLPTraceExporter({ url: "${origin}/v1/traces" }),
}).start();`,
    },
    {
      title: "Python",
      text: `from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter("${origin}/v1/traces")))
trace.set_tracer_provider(provider)`,
    },
  ];
}

/** The overview before there is a run: how to send the first span, and whether it came. */
export function FirstSpan(props: { readonly status: Status }) {
  const { spans } = props.status;
  return (
    <>
      <div className="head">
        <div className="t">
          <h1 {...usePage("Overview")}>Overview</h1>
        </div>
      </div>
      <p className="verdict big" role="status">
        {spans === 0
          ? "Waiting for the first span. Point an agent's OpenTelemetry exporter here; no account and no key is needed on this machine."
          : `${counted(spans, "span")} arrived. A run appears once its trace has gone quiet.`}
      </p>
      {snippets(location.origin).map((snippet) => (
        <section key={snippet.title} className="sec">
          <header>
            <h2>{snippet.title}</h2>
          </header>
          <Copyable text={snippet.text} label={snippet.title} />
        </section>
      ))}
      <section className="sec">
        <header>
          <h2>Or look at a made-up month first</h2>
          <span className="muted">
            18 days of traffic of three workflows, with faults at known times
          </span>
        </header>
        <Copyable text="npm run demo" label="the demo's command" />
      </section>
    </>
  );
}
