import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { RemoteWriteError, remoteWrite, type Series, stale } from "../../src/simulate/remote-write.ts";
import { failure } from "../support/failure.ts";
import { freshTenant } from "../support/tenant.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant, range } from "../support/query.ts";

const minute = 60_000;
const now = Math.floor(Date.now() / minute) * minute;

const series = (labels: Readonly<Record<string, string>>, ...samples: Series["samples"]): Series => ({
  labels: { __name__: "up", ...labels },
  samples,
});

describeWithMimir("remote write", (mimir) => {
  test("a tenant reads what it wrote and nothing else, and a federated query reads both", async () => {
    const [a, b] = [freshTenant("a"), freshTenant("b")];
    await remoteWrite(mimir.url, { tenant: a }).send([series({ cluster: "one" }, { timestamp: now, value: 1 })]);
    await remoteWrite(mimir.url, { tenant: b }).send([series({ cluster: "two" }, { timestamp: now, value: 0.25 })]);

    expect(await instant(mimir.url, a, "up", { time: now })).toEqual([
      { labels: { __name__: "up", cluster: "one" }, timestamp: now, value: 1 },
    ]);
    expect(await instant(mimir.url, b, "up", { time: now })).toEqual([
      { labels: { __name__: "up", cluster: "two" }, timestamp: now, value: 0.25 },
    ]);
    const both = await instant(mimir.url, `${a}|${b}`, "up", { time: now });
    expect(both.map(({ labels: { __tenant_id__, cluster } }) => `${__tenant_id__} ${cluster}`).sort()).toEqual([
      `${a} one`,
      `${b} two`,
    ]);
  });

  test.each([0, -0.1, 1e308, 5e-324, Infinity, -Infinity, NaN])("%d arrives as it is", async (value) => {
    const tenant = freshTenant("value");
    await remoteWrite(mimir.url, { tenant }).send([series({}, { timestamp: now, value })]);
    expect((await instant(mimir.url, tenant, "up", { time: now }))[0]?.value).toBe(value);
  });

  test("a stale marker ends a series at once; an ordinary NaN does not", async () => {
    const tenant = freshTenant("stale");
    await remoteWrite(mimir.url, { tenant }).send([
      series({ next: "stale" }, { timestamp: now - minute, value: 1 }, { timestamp: now, value: stale }),
      series({ next: "nan" }, { timestamp: now - minute, value: 1 }, { timestamp: now, value: NaN }),
      series({ next: "silent" }, { timestamp: now - minute, value: 1 }),
    ]);
    const seen = async (time: number): Promise<(string | undefined)[]> =>
      (await instant(mimir.url, tenant, "up", { time })).map(({ labels }) => labels["next"]).sort();
    expect(await seen(now - 1)).toEqual(["nan", "silent", "stale"]);
    expect(await seen(now)).toEqual(["nan", "silent"]);
  });

  test("history of many series goes out in the order of time, though it takes several requests", async () => {
    const tenant = freshTenant("history");
    // A day and a half: sent series by series, the second would be refused as too old.
    const times = Array.from({ length: 2160 }, (_, index) => now - (2159 - index) * minute);
    await remoteWrite(mimir.url, { tenant }).send(
      Array.from({ length: 30 }, (_, node) =>
        series({ node: String(node) }, ...times.map((timestamp, value) => ({ timestamp, value }))),
      ),
    );
    const samples = "sum by (node) (count_over_time(up[2d]))";
    const counts = await instant(mimir.url, tenant, samples, { time: now });
    expect(counts.map(({ value }) => value)).toEqual(Array.from({ length: 30 }, () => 2160));
    const [line] = await range(mimir.url, tenant, 'up{node="7"}', { start: now - 2 * minute, end: now, step: minute });
    expect(line?.points.map(({ value }) => value)).toEqual([2157, 2158, 2159]);
  });

  test("nothing to send is not sent", async () => {
    await remoteWrite("http://127.0.0.1:1").send([series({})]);
  });

  test("a refused write says who, where and why", async () => {
    const tenant = freshTenant("refused");
    const error = await failure(
      remoteWrite(`${mimir.url}/`, { tenant }).send([series({ "": "x" }, { timestamp: now, value: 1 })]),
      RemoteWriteError,
    );
    expect(error).toMatchObject({ name: "RemoteWriteError", url: `${mimir.url}/api/v1/push`, tenant, status: 400 });
    expect(error.answer).toContain("err-mimir-label-invalid");
    expect(error.message).toBe(`cannot write to ${error.url} as tenant ${tenant}: 400: ${error.answer}`);
  });

  test("without a tenant Mimir refuses; headers can name one too", async () => {
    const one = [series({}, { timestamp: now, value: 1 })];
    expect(await failure(remoteWrite(mimir.url).send(one), RemoteWriteError)).toMatchObject({
      status: 401,
      tenant: undefined,
    });
    const tenant = freshTenant("headers");
    await remoteWrite(mimir.url, { headers: { "X-Scope-OrgID": tenant } }).send(one);
    expect(await instant(mimir.url, tenant, "up", { time: now })).toHaveLength(1);
  });
});

test("a server that is not there is named", async () => {
  const error = await failure(
    remoteWrite("http://127.0.0.1:1", { tenant: "a" }).send([series({}, { timestamp: now, value: 1 })]),
    RemoteWriteError,
  );
  expect(error).toMatchObject({ status: undefined, tenant: "a" });
  expect(error.message).toMatch(/^cannot write to http:\/\/127\.0\.0\.1:1\/api\/v1\/push as tenant a: no answer: ./);
});

describe("on the wire", () => {
  interface Received {
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
  }
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({ headers: request.headers, body });
      response.end();
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
  });

  test("says what it is, as the protocol wants", async () => {
    await remoteWrite(url, { tenant: "a", headers: { "X-Extra": "x" } }).send([
      series({}, { timestamp: now, value: 1 }),
    ]);
    expect(received[0]?.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
      "x-scope-orgid": "a",
      "x-extra": "x",
    });
  });

  test("sorts labels, however they are given", async () => {
    const samples = [{ timestamp: now, value: 1 }];
    const { send } = remoteWrite(url);
    await send([{ labels: { zone: "z", __name__: "up", Area: "a" }, samples }]);
    await send([{ labels: { Area: "a", zone: "z", __name__: "up" }, samples }]);
    const [first, second] = received.map(({ body }) => body.toString("latin1"));
    // Too short to be compressed: the names are there to read.
    expect(first).toMatch(/Area.*__name__.*zone/s);
    expect(second).toBe(first);
  });
});
