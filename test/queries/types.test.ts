import { rate, select, sum } from "../../src/queries/query.ts";
import { targetsUp } from "../../src/recording/resources.ts";
import { alert } from "../../src/alerts/alert.ts";

test("the compiler refuses what PromQL would accept and answer with nothing", () => {
  // @ts-expect-error a gauge has no rate
  expect(() => rate("node_memory_MemTotal_bytes")).toBeDefined();
  // @ts-expect-error no exporter has this metric
  expect(() => select("nvidia_gpu_utilization_gpu")).toBeDefined();
  // @ts-expect-error a processor counter knows no pod
  expect(() => select("node_cpu_seconds_total", { pod: "x" })).toBeDefined();
  // @ts-expect-error the sum has lost the instance
  expect(() => sum(["instance"], sum(["cluster"], select("up")))).toBeDefined();
  // @ts-expect-error a recorded level has no job
  expect(() => select(targetsUp, { job: "x" })).toBeDefined();
  alert({
    name: "A",
    when: sum(["cluster"], select("up")),
    for: "1m",
    severity: "info",
    component: "c",
    // @ts-expect-error the text names a label that the query dropped
    summary: ({ instance }) => instance,
    description: ({ cluster, value }) => `${cluster} ${value}`,
    board: "b",
  });
});

test("a label is written by role, and a value is escaped", () => {
  expect(sum(["cluster"], rate("node_cpu_seconds_total", { mode: { not: 'a"b' } }, "5m")).expr).toBe(
    String.raw`sum by (⟦cluster⟧) (rate(node_cpu_seconds_total{mode!="a\"b"}[5m]))`,
  );
});
