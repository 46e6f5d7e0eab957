import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { backfillTraces } from "../../src/simulate/backfill-traffic.ts";
import { type LogRecord, OtlpError, otlpLogs, otlpTraces, type Resource, type Span } from "../../src/simulate/otlp.ts";
import { spans } from "../../src/simulate/traces.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { failure } from "../support/failure.ts";
import { testFleet } from "../support/fleets.ts";

const pod: Resource = { attributes: { cluster: "one", "k8s.pod.name": "web-1" } };
const traceId = "0af7651916cd43dd8448eb211c80319c";

const record = (more: Partial<LogRecord> = {}): LogRecord => ({
  resource: pod,
  timestamp: 1_763_800_000_123.456,
  severity: "error",
  body: "no",
  attributes: {},
  ...more,
});

const span: Span = {
  resource: pod,
  traceId,
  spanId: "b7ad6b7169203331",
  name: "GET /cart",
  kind: "server",
  start: 1_763_800_000_000,
  end: 1_763_800_000_002.5,
  attributes: {},
};

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

const received: Received[] = [];
let answer: { readonly status: number; readonly body: string | Uint8Array };
const server = createServer((request, response) => {
  void text(request).then((body) => {
    received.push({ path: request.url, headers: request.headers, body: JSON.parse(body) });
    response.writeHead(answer.status).end(answer.body);
  });
});
let url = "";
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  received.length = 0;
  answer = { status: 200, body: '{"partialSuccess":{}}' };
});

test("a log record in OTLP's JSON", async () => {
  const attributes = { tries: 3, share: 0.5, last: true, level: "error" };
  await otlpLogs(`${url}/`, { tenant: "a" }).send([record({ attributes, traceId, spanId: "b7ad6b7169203331" })]);
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({
    path: "/otlp/v1/logs",
    headers: { "content-type": "application/json", "x-scope-orgid": "a" },
  });
  expect(received[0]?.body).toEqual({
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: "cluster", value: { stringValue: "one" } },
            { key: "k8s.pod.name", value: { stringValue: "web-1" } },
          ],
        },
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: "1763800000123456000",
                severityNumber: 17,
                severityText: "error",
                body: { stringValue: "no" },
                attributes: [
                  { key: "tries", value: { intValue: "3" } },
                  { key: "share", value: { doubleValue: 0.5 } },
                  { key: "last", value: { boolValue: true } },
                  { key: "level", value: { stringValue: "error" } },
                ],
                traceId,
                spanId: "b7ad6b7169203331",
              },
            ],
          },
        ],
      },
    ],
  });
});

test("spans in OTLP's JSON", async () => {
  await otlpTraces(url).send([span, { ...span, parentSpanId: span.spanId, kind: "client", error: "no" }]);
  const both = {
    traceId,
    spanId: span.spanId,
    name: "GET /cart",
    startTimeUnixNano: "1763800000000000000",
    endTimeUnixNano: "1763800000002500000",
    attributes: [],
  };
  expect(received[0]?.path).toBe("/v1/traces");
  expect(received[0]?.body).toMatchObject({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              { ...both, kind: 2 },
              { ...both, kind: 3, parentSpanId: span.spanId, status: { code: 2, message: "no" } },
            ],
          },
        ],
      },
    ],
  });
  expect(JSON.stringify(received[0]?.body).match(/status/gu)).toHaveLength(1);
});

const bodies = z.object({
  resourceLogs: z.array(z.object({ scopeLogs: z.array(z.object({ logRecords: z.array(z.unknown()) })) })),
});

const counts = (): number[][] =>
  received.map(({ body }) =>
    bodies.parse(body).resourceLogs.map(({ scopeLogs }) => scopeLogs[0]?.logRecords.length ?? 0),
  );

test("records of one pod go out together, and a long batch in several requests", async () => {
  const other: Resource = { attributes: { cluster: "two" } };
  await otlpLogs(url).send(
    Array.from({ length: 4500 }, (_, at) => record({ resource: at % 5 === 0 ? other : pod })).values(),
  );
  expect(counts()).toEqual([
    [400, 1600],
    [400, 1600],
    [100, 400],
  ]);
});

test("long lines make short batches, and one that is too long for any goes alone", async () => {
  const long = record({ body: "x".repeat(400_000) });
  await otlpLogs(url).send([long, long, long, record({ body: "x".repeat(2_000_000) }), record()]);
  expect(counts()).toEqual([[2], [1], [1], [1]]);
});

test("nothing to send is not sent", async () => {
  await otlpLogs("http://127.0.0.1:1").send([]);
});

const status = Buffer.concat([Buffer.from([0x08, 0x0d, 0x12, 7]), Buffer.from("too old")]);

test.each([
  { what: "the text of a gateway", body: "no healthy upstream\n", says: "no healthy upstream" },
  { what: "a Collector's JSON", body: '{"code":13,"message":"queue is full"}', says: "queue is full" },
  { what: "Loki's protobuf", body: new Uint8Array(status.subarray(2)), says: "too old" },
  { what: "protobuf with a code", body: new Uint8Array(status), says: "too old" },
])("a refusal says who, where and why: $what", async ({ body, says }) => {
  answer = { status: 400, body };
  const error = await failure(otlpLogs(url, { tenant: "a" }).send([record()]), OtlpError);
  expect(error).toMatchObject({ name: "OtlpError", url: `${url}/otlp/v1/logs`, tenant: "a", status: 400 });
  expect(error.message).toBe(`cannot send logs to ${error.url} as tenant a: 400: ${says}`);
});

test.each(["", '{"partialSuccess":{"errorMessage":"mind the gap"}}', "ok"])(
  "all is well with the answer %j",
  async (body) => {
    answer = { status: 200, body };
    await otlpTraces(url).send([span]);
    expect(received).toHaveLength(1);
  },
);

test("what is accepted only in part has failed", async () => {
  answer = { status: 200, body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no such parent"}}' };
  const error = await failure(otlpTraces(url).send([span]), OtlpError);
  expect(error.message).toBe(`cannot send spans to ${url}/v1/traces: 200: 1 dropped: no such parent`);
});

test("a server that is not there is named", async () => {
  const error = await failure(otlpTraces("http://127.0.0.1:1").send([span]), OtlpError);
  expect(error).toMatchObject({ status: undefined, tenant: undefined });
  expect(error.message).toMatch(/^cannot send spans to http:\/\/127\.0\.0\.1:1\/v1\/traces: no answer: ./u);
});

test("a world's spans are written in the order of time, each cluster's for its tenant under the fleet's header", async () => {
  const world = createWorld(testFleet("small"));
  const window = { from: Date.UTC(2026, 10, 18, 12), to: Date.UTC(2026, 10, 18, 12, 25) };
  const all = [...spans(world, window)];
  const progress: number[] = [];
  const written = await backfillTraces({ url, header: "X-Team" }, world, window, (share) => progress.push(share));
  expect(written).toBe(all.length);
  expect(progress.length).toBeGreaterThan(1);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
  for (const { id } of world.fleet.tenants) {
    const sent = received.filter(({ headers }) => headers["x-team"] === id).map(({ body }) => JSON.stringify(body));
    const ids = sent.flatMap((body) => [...body.matchAll(/"spanId":"(\w+)"/gu)].map(([, spanId]) => spanId));
    const own = all.filter(({ resource }) => resource.cluster.tenant === id).map(({ spanId }) => spanId);
    expect(ids.toSorted()).toEqual(own.toSorted());
  }
});
