import { hole } from "../labels.ts";
import type { Unit } from "../queries/query.ts";

const units: Readonly<Record<Unit, string>> = {
  none: "none",
  seconds: "s",
  milliseconds: "ms",
  microseconds: "µs",
  days: "d",
  "times as fast": "suffix:×",
  bytes: "bytes",
  mebibytes: "mbytes",
  cores: "suffix: cores",
  hertz: "hertz",
  celsius: "celsius",
  watts: "watt",
  joules: "joule",
  percent: "percent",
  requests: "short",
  timestamp: "dateTimeFromNow",
  ratio: "percentunit",
  status: "none",
  "per second": "cps",
  "bytes per second": "Bps",
  "requests per second": "reqps",
  "tokens per second": "suffix: tok/s",
  currency: hole("currency"),
  "currency per hour": hole("currency"),
  "currency per month": hole("currency"),
};

/** Grafana's id for what a query measures. */
export function grafanaUnit(unit: Unit): string {
  return units[unit];
}
