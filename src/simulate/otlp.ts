import protobuf from "protobufjs/minimal.js";
import * as z from "zod";

/** Whole numbers go out as integers, other numbers as doubles. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Who speaks. Records of one resource are those that share the object: they go out together, its attributes once. */
export interface Resource {
  readonly attributes: Attributes;
}

export interface LogRecord {
  readonly resource: Resource;
  /** Milliseconds since 1970; sent to the microsecond, as are those of spans. */
  readonly timestamp: number;
  readonly severity: Severity;
  readonly body: string;
  readonly attributes: Attributes;
  /** 32 and 16 hexadecimal digits. */
  readonly traceId?: string;
  readonly spanId?: string;
}

export type Severity = keyof typeof severityNumbers;

export interface Span {
  readonly resource: Resource;
  readonly traceId: string;
  readonly spanId: string;
  /** Absent where the trace begins. */
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly start: number;
  readonly end: number;
  /** Present when the span failed: why. */
  readonly error?: string;
  readonly attributes: Attributes;
}

export type SpanKind = keyof typeof kindNumbers;

export interface OtlpSender<T> {
  /**
   * Resolves when the server has accepted everything. Much goes out as several requests, one after the other, so a
   * generator of any length can be given. Throws an OtlpError at the first request that fails or is accepted only in
   * part; earlier ones have been written.
   */
  readonly send: (batch: Iterable<T>) => Promise<void>;
}

export interface OtlpOptions {
  readonly tenant?: string;
  /** The header that names the tenant. Default: X-Scope-OrgID. */
  readonly header?: string;
}

export class OtlpError extends Error {
  override readonly name: string = "OtlpError";
  readonly url: string;
  readonly tenant: string | undefined;
  /** Undefined when there was no answer at all; below 300 when the server took the request and dropped a part of it. */
  readonly status: number | undefined;
  /** The server's own words, or those of the failed connection. */
  readonly answer: string;

  constructor({ what, url, tenant, status, answer, cause }: OtlpFailure) {
    const as = tenant === undefined ? "" : ` as tenant ${tenant}`;
    super(`cannot send ${what} to ${url}${as}: ${status ?? "no answer"}: ${answer}`, { cause });
    this.url = url;
    this.tenant = tenant;
    this.status = status;
    this.answer = answer;
  }
}

export interface OtlpFailure {
  readonly what: "logs" | "spans";
  readonly url: string;
  readonly tenant: string | undefined;
  readonly status: number | undefined;
  readonly answer: string;
  readonly cause?: unknown;
}

/**
 * A request ends at whichever comes first. Loki passes it on inside itself over gRPC, whose default limit is 4 MB; a
 * record's names, ids and attributes come to about 700 bytes.
 */
const perRequest = { records: 2000, characters: 1_000_000 };

/** The first number of each range of opentelemetry-proto's SeverityNumber. */
const severityNumbers = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;

/** opentelemetry-proto's SpanKind. */
const kindNumbers = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** opentelemetry-proto's StatusCode. */
const failed = 2;

/** Sends logs over OTLP/HTTP in JSON to the Loki whose root is `url`, at `/otlp/v1/logs`. */
export function otlpLogs(url: string, options: OtlpOptions = {}): OtlpSender<LogRecord> {
  return sender({
    ...options,
    what: "logs",
    url: `${url.replace(/\/+$/u, "")}/otlp/v1/logs`,
    size: ({ body }) => body.length,
    body: (records) => ({
      resourceLogs: byResource(records, (resource, own) => ({
        resource,
        scopeLogs: [{ logRecords: own.map(logJson) }],
      })),
    }),
  });
}

/** Sends spans over OTLP/HTTP in JSON to the Collector or Tempo whose root is `url`, at `/v1/traces`. */
export function otlpTraces(url: string, options: OtlpOptions = {}): OtlpSender<Span> {
  return sender({
    ...options,
    what: "spans",
    url: `${url.replace(/\/+$/u, "")}/v1/traces`,
    size: ({ error = "" }) => error.length,
    body: (spans) => ({
      resourceSpans: byResource(spans, (resource, own) => ({
        resource,
        scopeSpans: [{ spans: own.map(spanJson) }],
      })),
    }),
  });
}

interface Signal<T> extends OtlpOptions {
  readonly what: OtlpFailure["what"];
  readonly url: string;
  /** Characters of the part of a record that may be long. */
  readonly size: (record: T) => number;
  readonly body: (records: readonly T[]) => unknown;
}

function sender<T>(signal: Signal<T>): OtlpSender<T> {
  return {
    async send(batch) {
      for (const records of requests(batch, signal.size)) {
        await post(signal, JSON.stringify(signal.body(records)));
      }
    },
  };
}

function* requests<T>(batch: Iterable<T>, size: (record: T) => number): Generator<readonly T[]> {
  let records: T[] = [];
  let characters = 0;
  for (const record of batch) {
    const more = size(record);
    if (records.length === perRequest.records || (records.length > 0 && characters + more > perRequest.characters)) {
      yield records;
      records = [];
      characters = 0;
    }
    records.push(record);
    characters += more;
  }
  if (records.length > 0) {
    yield records;
  }
}

function byResource<T extends { readonly resource: Resource }>(
  records: readonly T[],
  group: (resource: unknown, own: readonly T[]) => unknown,
): unknown[] {
  const groups = new Map<Resource, T[]>();
  for (const record of records) {
    const own = groups.get(record.resource);
    if (own === undefined) {
      groups.set(record.resource, [record]);
    } else {
      own.push(record);
    }
  }
  return [...groups].map(([{ attributes }, own]) => group({ attributes: keyValues(attributes) }, own));
}

function logJson({ timestamp, severity, body, attributes, traceId, spanId }: LogRecord): unknown {
  return {
    timeUnixNano: nanoseconds(timestamp),
    severityNumber: severityNumbers[severity],
    severityText: severity,
    body: { stringValue: body },
    attributes: keyValues(attributes),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
  };
}

function spanJson({ traceId, spanId, parentSpanId, name, kind, start, end, error, attributes }: Span): unknown {
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: kindNumbers[kind],
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: keyValues(attributes),
    ...(error !== undefined && { status: { code: failed, message: error } }),
  };
}

function keyValues(attributes: Attributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** JSON of protobuf has 64-bit integers as text, since JavaScript's numbers can't hold all of them. */
function anyValue(value: string | number | boolean): unknown {
  if (typeof value === "string") {
    return { stringValue: value };
  }
  if (typeof value === "boolean") {
    return { boolValue: value };
  }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** By way of microseconds: nanoseconds since 1970 are more than a number holds exactly. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1000)}000`;
}

async function post<T>({ what, url, tenant, header = "X-Scope-OrgID" }: Signal<T>, body: string): Promise<void> {
  let response: Response;
  let answer: Buffer;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "fleetglass",
        ...(tenant !== undefined && { [header]: tenant }),
      },
      body,
      signal: AbortSignal.timeout(60_000),
    });
    answer = Buffer.from(await response.arrayBuffer());
  } catch (cause) {
    throw new OtlpError({ what, url, tenant, status: undefined, answer: reason(cause), cause });
  }
  const refused = response.ok ? dropped(answer) : words(answer);
  if (refused !== undefined) {
    throw new OtlpError({ what, url, tenant, status: response.status, answer: refused });
  }
}

const count = z.union([z.string(), z.number()]).transform(Number).default(0);

const partialAnswer = z.object({
  partialSuccess: z
    .object({ rejectedLogRecords: count, rejectedSpans: count, errorMessage: z.string().default("no reason given") })
    .optional(),
});

/** What an accepting server says about the part that it did not accept. Loki says nothing at all when all is well. */
function dropped(answer: Buffer): string | undefined {
  const { partialSuccess } = partialAnswer.safeParse(json(answer)).data ?? {};
  const records = (partialSuccess?.rejectedLogRecords ?? 0) + (partialSuccess?.rejectedSpans ?? 0);
  return records > 0 ? `${records} dropped: ${partialSuccess?.errorMessage}` : undefined;
}

const refusal = z.object({ message: z.string() });

/** OTLP errors are a google.rpc.Status: in JSON from Collectors, in protobuf from Loki. Gateways before them write text. */
function words(answer: Buffer): string {
  return refusal.safeParse(json(answer)).data?.message ?? statusMessage(answer) ?? answer.toString("utf8").trim();
}

function json(answer: Buffer): unknown {
  try {
    return JSON.parse(answer.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The `message` of a google.rpc.Status whose only other field may be its `code`; undefined where it is not one. */
function statusMessage(answer: Buffer): string | undefined {
  try {
    const reader = protobuf.Reader.create(answer);
    let tag = reader.uint32();
    if (tag === 0x08) {
      reader.int32();
      tag = reader.uint32();
    }
    return tag === 0x12 ? reader.string() : undefined;
  } catch {
    return undefined;
  }
}

/** fetch says only "fetch failed"; what happened is one level below. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
