import { conformance } from "./conformance.ts";
import { publishFaults } from "./faults.ts";
import { firstRun } from "./first-run.ts";
import { healthyWeek } from "./healthy-week.ts";
import { generate } from "./generate.ts";
import { incidentMatrix } from "./incidents.ts";
import { lintBench } from "./lint.ts";
import { loop } from "./loop.ts";
import { pageLatency } from "./page-latency.ts";
import { parsers } from "./parsers.ts";
import { preview } from "./preview.ts";
import { publish } from "./publish.ts";
import { queries } from "./queries.ts";
import { simulate } from "./simulate.ts";

/** Every benchmark, by the name that `npm run bench -- NAME` takes. A new one is a new file and a line here. */
const benches: Readonly<Record<string, () => Promise<string>>> = {
  conformance,
  faults: publishFaults,
  "first-run": firstRun,
  "healthy-week": healthyWeek,
  generate,
  incidents: incidentMatrix,
  lint: lintBench,
  loop,
  "page-latency": pageLatency,
  parsers,
  preview,
  publish,
  queries,
  simulate,
};

const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : Object.keys(benches)) {
  const bench = benches[name];
  if (bench) process.stdout.write(`${name}\n${await bench()}\n`);
  else {
    process.stderr.write(`there is no benchmark ${name}; there are ${Object.keys(benches).join(", ")}\n`);
    process.exitCode = 64;
  }
}
