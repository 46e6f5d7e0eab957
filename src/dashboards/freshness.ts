import { secondsOf } from "../duration.ts";
import { hole } from "../labels.ts";
import { barGauge } from "../panels/bar-gauge.ts";
import { type Link, type Panel, rising } from "../panels/panel.ts";
import { stat } from "../panels/stat.ts";
import { byList, promql, type Query, select } from "../queries/query.ts";
import { type Place, place } from "../recording/record.ts";
import { lastSample } from "../recording/resources.ts";
import type { BoardContext } from "./board.ts";
import { filter } from "./filter.ts";

/** Seconds since the newest sample. A silent cluster has no `up` any more; what the ruler recorded of it lasts a day. */
const age: Query<Place> = promql({ unit: "seconds", labels: place })`(
  time() - max by (${byList(place)}) (timestamp(${select("up", { job: { matches: hole("job:heartbeat") }, ...filter })}))
)
or on (${byList(["cluster"])})
(
  time() - max by (${byList(place)}) (max_over_time(${select(lastSample, filter)}[1d]))
)`;

interface Size {
  readonly span: number;
  readonly height: number;
}

/** Which cluster is not heard, and since when? A tile for each; beyond a handful, where tiles are too small to read, a bar. */
export function freshness({ view }: BoardContext, links: readonly Link[], size: Size): Panel {
  const interval = Math.max(0, ...view.clusters.map(({ scrapeInterval }) => secondsOf(scrapeInterval)));
  const drawn = view.clusters.length > 6 ? barGauge : stat;
  return drawn({
    title: "Data freshness by cluster",
    description:
      "How old is the newest sample of each cluster? Amber after two scrape intervals, red after four; a silent cluster stays for a day.",
    queries: [{ ...age, legend: `{{${hole("cluster")}}}` }],
    thresholds: rising(2 * interval, 4 * interval),
    links,
    max: 5 * interval,
    ...size,
  });
}
