import * as fc from "fast-check";
import { parseLogql } from "../src/lint/logql.ts";
import { parsePromql } from "../src/lint/promql.ts";
import { parseTraceql } from "../src/lint/traceql.ts";
import { mutated } from "../test/lint/never-throws.ts";

const runs = 100_000;
const languages = {
  PromQL: [
    parsePromql,
    'sum by (a) (rate(foo{b=~"c.*|d"}[5m:1m] offset 1h)) / on (x) group_left (y) topk(3, bar @ start())',
    'label_replace(foo{$x, y="${z}"}[$__interval], "a", \'b\', `c`) > bool -1.5e3 and {"q", r!~"[a-z]"}',
  ],
  LogQL: [
    parseLogql,
    'sum by (a) (rate({b=~"c.*|d"} |= "x" or `y` | json e="f" | g > 5KiB and h < 1h30m | unwrap bytes(i) [5m] offset 1h))',
    'quantile_over_time(0.9, {a="$b"} !~ ip("1.2.3.4") | pattern "<c> <d>" | label_format e=`{{.f}}` [$__auto]) by (g)',
  ],
  TraceQL: [
    parseTraceql,
    '({ resource."a b" =~ "x" && !(.b != nil) } &>> { -.c ^ 2 = 4 } | by(name) | avg(.d) >= 1ms)',
    "100 * ({ status = error } | rate() by (.a, $b)) / ({} | quantile_over_time(duration, 0.5, 1)) > 5 | topk(3)",
  ],
} as const;

/** Does a parser ever throw or dawdle? 100,000 random and mutated texts for each. */
export async function parsers(): Promise<string> {
  return Object.entries(languages)
    .map(([name, [parse, ...seeds]]) => {
      let [slowest, text, crashes] = [0, "", 0];
      for (const written of fc.sample(mutated(seeds), { numRuns: runs, seed: 1 })) {
        const once = (): number => {
          const started = performance.now();
          try {
            parse(written, { grafana: written.length % 2 === 0 });
          } catch {
            crashes++;
          }
          return performance.now() - started;
        };
        // What was slow once may have waited for another process: a text that is slow is so again.
        let took = once();
        for (let more = 0; took > slowest && more < 2; more++) took = Math.min(took, once());
        if (took > slowest) [slowest, text] = [took, written];
      }
      return `  ${name}: ${runs} texts, ${crashes} crashes, the slowest ${slowest.toFixed(1)} ms (${JSON.stringify(text.slice(0, 60))})`;
    })
    .join("\n");
}
