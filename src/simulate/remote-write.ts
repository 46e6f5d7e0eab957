import protobuf from "protobufjs/minimal.js";
import { compress } from "snappyjs";

export interface Series {
  /** Including `__name__`, in any order. */
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly value: number | typeof stale;
}

export interface RemoteWriter {
  /**
   * Resolves when the server has accepted everything. More than 20,000 samples go out as several requests in the order
   * of time, because Mimir closes a tenant's history behind its newest sample. For the same reason, await one call
   * before the next. Throws a RemoteWriteError at the first request that fails; earlier ones have been written, and of
   * the refused one the server may have kept a part.
   */
  readonly send: (series: readonly Series[]) => Promise<void>;
}

export interface RemoteWriteOptions {
  /** Sent as X-Scope-OrgID. */
  readonly tenant?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Ends a series at once, as a scrape does whose target or series has gone; without it the series is seen for another
 * five minutes. On the wire it is one certain NaN among many, which JavaScript may turn into any other: V8 does so in
 * arrays of numbers. Hence a word.
 */
export const stale = "stale" as const;

export class RemoteWriteError extends Error {
  override readonly name: string = "RemoteWriteError";
  readonly url: string;
  readonly tenant: string | undefined;
  /** Undefined when there was no answer at all. */
  readonly status: number | undefined;
  /** The server's own words, or those of the failed connection. */
  readonly answer: string;

  constructor({ url, tenant, status, answer, cause }: RemoteWriteFailure) {
    const as = tenant === undefined ? "" : ` as tenant ${tenant}`;
    super(`cannot write to ${url}${as}: ${status ?? "no answer"}: ${answer}`, { cause });
    this.url = url;
    this.tenant = tenant;
    this.status = status;
    this.answer = answer;
  }
}

export interface RemoteWriteFailure {
  readonly url: string;
  readonly tenant: string | undefined;
  readonly status: number | undefined;
  readonly answer: string;
  readonly cause?: unknown;
}

/** Ten times what Prometheus sends at once, for bulk history; still far below the 100 MB that Mimir takes. */
const samplesPerRequest = 20_000;

/** Tags of the fields in prometheus/prometheus/prompb/{remote,types}.proto: number << 3 | wire type. */
const tag = { timeseries: 0x0a, labels: 0x0a, samples: 0x12, name: 0x0a, text: 0x12, value: 0x09, timestamp: 0x10 };

/** 0x7ff0000000000002, from prometheus/prometheus/model/value/value.go. */
const staleBits = { low: 0x00000002, high: 0x7ff00000, unsigned: true };

/** Sends Prometheus remote write 1.0 to the server whose root is `url`, at `/api/v1/push`. */
export function remoteWrite(url: string, { tenant, headers = {} }: RemoteWriteOptions = {}): RemoteWriter {
  const push = `${url.replace(/\/+$/, "")}/api/v1/push`;
  return {
    async send(series) {
      for (const request of requests(series)) {
        await post(push, { tenant, headers, body: compress(encode(request)) });
      }
    },
  };
}

/** Cuts so that no request has a sample older than one in the request before it. */
function* requests(series: readonly Series[]): Generator<readonly Series[]> {
  const count = series.reduce((sum, { samples }) => sum + samples.length, 0);
  if (count <= samplesPerRequest) {
    if (count > 0) {
      yield series;
    }
    return;
  }
  const all = series.flatMap(({ samples }, owner) => samples.map((sample) => ({ owner, sample })));
  all.sort((a, b) => a.sample.timestamp - b.sample.timestamp);
  for (let from = 0; from < all.length; from += samplesPerRequest) {
    const parts = new Map<number, Sample[]>();
    for (const { owner, sample } of all.slice(from, from + samplesPerRequest)) {
      const part = parts.get(owner);
      if (part === undefined) {
        parts.set(owner, [sample]);
      } else {
        part.push(sample);
      }
    }
    yield [...parts].map(([owner, samples]) => ({ labels: series[owner]?.labels ?? {}, samples }));
  }
}

/** A prometheus.WriteRequest, written field by field: there are five, and a schema would cost a step for each sample. */
function encode(series: readonly Series[]): Buffer {
  const writer = protobuf.Writer.create();
  for (const { labels, samples } of series) {
    writer.uint32(tag.timeseries).fork();
    for (const [name, text] of sorted(labels)) {
      writer.uint32(tag.labels).fork().uint32(tag.name).string(name).uint32(tag.text).string(text).ldelim();
    }
    for (const { timestamp, value } of samples) {
      writer.uint32(tag.samples).fork().uint32(tag.value);
      if (value === stale) {
        writer.fixed64(staleBits);
      } else {
        writer.double(value);
      }
      writer.uint32(tag.timestamp).int64(timestamp).ldelim();
    }
    writer.ldelim();
  }
  return Buffer.from(writer.finish());
}

/** The protocol wants labels in order; servers find one series twice otherwise. */
function sorted(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Push {
  readonly tenant: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer<ArrayBuffer>;
}

async function post(url: string, { tenant, headers, body }: Push): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        "User-Agent": "fleetglass",
        ...(tenant !== undefined && { "X-Scope-OrgID": tenant }),
        ...headers,
      },
      body,
      signal: AbortSignal.timeout(60_000),
    });
  } catch (cause) {
    throw new RemoteWriteError({ url, tenant, status: undefined, answer: reason(cause), cause });
  }
  const answer = (await response.text()).trim();
  if (!response.ok) {
    throw new RemoteWriteError({ url, tenant, status: response.status, answer });
  }
}

/** fetch says only "fetch failed"; what happened is one level below. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
