import { type DataQueryRequest, rangeUtil } from "@grafana/data";

/** Prometheus answers no more points than this for a series. */
const mostPoints = 11_000;

/** Milliseconds between two points: Grafana's interval, but no less than the query's own and no more points than allowed. */
export function stepOf({ intervalMs, range }: DataQueryRequest, least: string | undefined): number {
  const safe = Math.ceil((range.to.valueOf() - range.from.valueOf()) / mostPoints / 1000) * 1000;
  return Math.max(intervalMs, safe, least ? rangeUtil.intervalToMs(least) : 0, 1000);
}

/** `$__rate_interval`: four scrapes at least, so that a rate survives a lost one. */
export function rateInterval(step: number, scrape: number): number {
  return Math.max(step + scrape, 4 * scrape);
}
