import { statSync } from "node:fs";
import { type Loki, startLoki } from "./loki.ts";
import { type Mimir, type MimirOptions, startMimir } from "./mimir.ts";
import { lacking, type Tool, tool } from "../../src/servers/tools.ts";

/** The first one to need a tool may have to build it. */
const untilBuilt = 30 * 60_000;

/** A suite on a Mimir of its own, started before its first test and gone after its last. `mimir.url` is for tests and hooks. */
export function describeWithMimir(
  name: string,
  body: (mimir: Pick<Mimir, "url">) => void,
  options: MimirOptions = {},
): void {
  describeUnless(process.env["MIMIR_URL"] ? undefined : lacking("mimir"), name, () => {
    const mimir = later("mimir", () => startMimir(options));
    body({
      get url() {
        return mimir.get().url;
      },
    });
    // After the suite's own: what still writes to the server ends before the server does.
    afterAll(() => mimir.value?.stop());
  });
}

/** A suite on a Loki of its own, likewise. */
export function describeWithLoki(name: string, body: (loki: Pick<Loki, "url">) => void): void {
  describeUnless(process.env["LOKI_URL"] ? undefined : lacking("loki"), name, () => {
    const loki = later("loki", startLoki);
    body({
      get url() {
        return loki.get().url;
      },
    });
    afterAll(() => loki.value?.stop());
  });
}

/** A suite on both, for what reads numbers and lines. */
export function describeWithServers(
  name: string,
  body: (servers: { readonly mimir: Pick<Mimir, "url">; readonly loki: Pick<Loki, "url"> }) => void,
): void {
  describeWithMimir(name, (mimir) => describeWithLoki("with its logs", (loki) => body({ mimir, loki })));
}

/** A suite that runs an executable. `promtool.path` is for tests and hooks. */
export function describeWithTool(name: string, needed: Tool, body: (tool: { readonly path: string }) => void): void {
  describeUnless(lacking(needed), name, () => {
    const found = later(needed, () => tool(needed));
    body({
      get path() {
        return found.get();
      },
    });
  });
}

/** A suite on the files in `FLEETGLASS_TEST_DATA`, which are not part of the repository. */
export function describeWithData(name: string, body: (folder: string) => void): void {
  const folder = testData();
  describeUnless(folder === undefined ? "FLEETGLASS_TEST_DATA is not set" : undefined, name, () => body(folder ?? ""));
}

/** The folder `FLEETGLASS_TEST_DATA`, or undefined where there is none. Throws if the variable names something else. */
export function testData(): string | undefined {
  const folder = process.env["FLEETGLASS_TEST_DATA"];
  if (!folder) {
    return undefined;
  }
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`FLEETGLASS_TEST_DATA ${folder} is not a folder`);
  }
  return folder;
}

/** Where CI lacks something the tests would be green without having run, so there it is a failure. */
export function describeUnless(reason: string | undefined, name: string, body: () => void): void {
  if (reason === undefined) {
    describe(name, body);
  } else if (process.env["CI"] === "true") {
    test(name, () => {
      throw new Error(`not run: ${reason}`);
    });
  } else {
    process.stderr.write(`not run: ${name}: ${reason}\n`);
    describe.skip(`${name} (${reason})`, body);
  }
}

/** Suites are described before anything has started; what they are handed works from the first hook on. */
function later<T>(what: string, make: () => Promise<T>): { readonly value: T | undefined; get(): T } {
  let value: T | undefined;
  beforeAll(async () => {
    value = await make();
  }, untilBuilt);
  return {
    get value() {
      return value;
    },
    get() {
      if (value === undefined) {
        throw new Error(`${what} is only there inside tests and hooks`);
      }
      return value;
    },
  };
}
