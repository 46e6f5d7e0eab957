import { hole } from "../labels.ts";
import type { Unit } from "../queries/query.ts";

const units: Readonly<Record<Unit, string>> = {
  none: "none",
  seconds: "s",
  bytes: "bytes",
  requests: "short",
  timestamp: "dateTimeFromNow",
  ratio: "percentunit",
  status: "none",
  "per second": "cps",
  "bytes per second": "Bps",
  "requests per second": "reqps",
  "currency per hour": hole("currency"),
  "currency per month": hole("currency"),
};

/** Grafana's id for what a query measures. */
export function grafanaUnit(unit: Unit): string {
  return units[unit];
}
