import {
  grouped,
  kindCodes,
  nanosOf,
  statusCodes,
  type WireAttributes,
  type WireEvent,
  type WireScope,
  type WireSpan,
  type WireValue,
} from "./wire.ts";

/** Bytes written from the end toward the front, so that a message's length is known when its prefix is written. */
interface Writer {
  readonly bytes: Buffer;
  readonly position: number;
}

const varintWire = 0;
const fixed64Wire = 1;
const lengthWire = 2;

/**
 * The spans as the body of one OTLP/protobuf trace export (`ExportTraceServiceRequest`). Fields of a message stand in the order of
 * their numbers. Source: opentelemetry-proto 1.9, trace.proto and common.proto.
 */
export function encodeProtobuf(spans: readonly WireSpan[]): Uint8Array {
  let writer: Writer = { bytes: Buffer.allocUnsafe(1 << 16), position: 1 << 16 };
  for (const [resource, scopes] of [...grouped(spans)].reverse()) {
    writer = message(writer, 1, (outer) => {
      let inner = outer;
      for (const [scope, members] of [...scopes].reverse()) {
        inner = message(inner, 2, (at) => scopeSpans(at, scope, members));
      }
      return message(inner, 1, (at) => keyValues(at, 1, resource));
    });
  }
  return writer.bytes.subarray(writer.position);
}

function scopeSpans(writer: Writer, scope: WireScope, spans: readonly WireSpan[]): Writer {
  let at = writer;
  for (const span of spans.toReversed()) at = message(at, 2, (inner) => spanFields(inner, span));
  return message(at, 1, (inner) => text(text(inner, 2, scope.version), 1, scope.name));
}

function spanFields(writer: Writer, span: WireSpan): Writer {
  const { status } = span;
  let at = writer;
  if (status !== undefined) {
    at = message(at, 15, (inner) => {
      const coded = integer(inner, 3, BigInt(statusCodes[status]));
      return span.statusMessage === undefined ? coded : text(coded, 2, span.statusMessage);
    });
  }
  for (const event of (span.events ?? []).toReversed()) {
    at = message(at, 11, (inner) => eventFields(inner, event));
  }
  at = keyValues(at, 9, span.attributes);
  at = fixed64(at, 8, nanosOf(span.endMs));
  at = fixed64(at, 7, nanosOf(span.startMs));
  at = integer(at, 6, BigInt(kindCodes[span.kind]));
  at = text(at, 5, span.name);
  if (span.parentSpanId !== null) at = hex(at, 4, span.parentSpanId);
  return hex(hex(at, 2, span.spanId), 1, span.traceId);
}

function eventFields(writer: Writer, event: WireEvent): Writer {
  const attributes = keyValues(writer, 3, event.attributes);
  return fixed64(text(attributes, 2, event.name), 1, nanosOf(event.atMs));
}

function keyValues(writer: Writer, field: number, attributes: WireAttributes): Writer {
  let at = writer;
  for (const [key, value] of Object.entries(attributes).reverse()) {
    at = message(at, field, (inner) =>
      text(
        message(inner, 2, (deep) => anyValue(deep, value)),
        1,
        key,
      ),
    );
  }
  return at;
}

function anyValue(writer: Writer, value: WireValue): Writer {
  if (typeof value === "string") return text(writer, 1, value);
  if (typeof value === "boolean") return integer(writer, 2, value ? 1n : 0n);
  if (typeof value === "number") return integer(writer, 3, BigInt.asUintN(64, BigInt(value)));
  if ("double" in value) {
    const at = reserve(writer, 8);
    at.bytes.writeDoubleLE(value.double, at.position);
    return tag(at, 4, fixed64Wire);
  }
  return message(writer, 5, (inner) => {
    let at = inner;
    for (const item of value.toReversed()) at = message(at, 1, (deep) => text(deep, 1, item));
    return at;
  });
}

function message(writer: Writer, field: number, fill: (inner: Writer) => Writer): Writer {
  const end = writer.bytes.length - writer.position;
  const filled = fill(writer);
  const length = filled.bytes.length - filled.position - end;
  return tag(varint(filled, BigInt(length)), field, lengthWire);
}

function text(writer: Writer, field: number, value: string): Writer {
  const length = Buffer.byteLength(value);
  const at = reserve(writer, length);
  at.bytes.write(value, at.position, length, "utf8");
  return tag(varint(at, BigInt(length)), field, lengthWire);
}

function hex(writer: Writer, field: number, value: string): Writer {
  const at = reserve(writer, value.length / 2);
  at.bytes.write(value, at.position, "hex");
  return tag(varint(at, BigInt(value.length / 2)), field, lengthWire);
}

function fixed64(writer: Writer, field: number, value: bigint): Writer {
  const at = reserve(writer, 8);
  at.bytes.writeBigUInt64LE(value, at.position);
  return tag(at, field, fixed64Wire);
}

function integer(writer: Writer, field: number, value: bigint): Writer {
  return tag(varint(writer, value), field, varintWire);
}

function tag(writer: Writer, field: number, wire: number): Writer {
  return varint(writer, BigInt((field << 3) | wire));
}

function varint(writer: Writer, value: bigint): Writer {
  if (value < 0x80n) {
    const at = reserve(writer, 1);
    at.bytes[at.position] = Number(value);
    return at;
  }
  const groups: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) groups.push(Number(rest & 0x7fn));
  const at = reserve(writer, groups.length);
  groups.forEach((group, index) => {
    at.bytes[at.position + index] = index === groups.length - 1 ? group : group | 0x80;
  });
  return at;
}

/** Room for so many bytes in front of what is written; the buffer doubles when it is full. */
function reserve(writer: Writer, count: number): Writer {
  if (writer.position >= count) return { bytes: writer.bytes, position: writer.position - count };
  const used = writer.bytes.length - writer.position;
  const bytes = Buffer.allocUnsafe(Math.max(writer.bytes.length * 2, used + count));
  writer.bytes.copy(bytes, bytes.length - used, writer.position);
  return { bytes, position: bytes.length - used - count };
}
