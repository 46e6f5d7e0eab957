import { service as serviceBoard } from "../dashboards/service.ts";
import { byList, logql, type LogQuery } from "../queries/query.ts";
import { hole } from "../labels.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";

type InService = Place | "service_name";
const inService: readonly InService[] = [...place, "service_name"];

/** Loki finds the level of each line by itself. */
function errorLines(offset = ""): string {
  const lines = `{${hole("cluster")}=~"${hole("clusters:logs")}"} | detected_level=~"error|critical|fatal"`;
  return `sum by (${byList(inService)}) (count_over_time(${lines} [5m]${offset}))`;
}

/** Fewer than so many in five minutes is no burst, whatever there was before. Judgement. */
const many = 100;

/** Ten times as many as an hour ago, so that what always complains is no news. */
const burst: LogQuery<InService | "service"> = logql({
  labels: [...inService, "service"],
})`label_replace(${errorLines()} > ${many} unless ${errorLines(" offset 1h")} * 10 > ${errorLines()}, "service", "$1", "service_name", "(.+)")`;

/** What do only lines tell? */
export const logAlerts: AlertGroup = {
  name: "logs",
  interval: "1m",
  scope: "tenant",
  reads: "logs",
  rules: [
    alert({
      name: "LogErrorBurst",
      when: burst,
      for: "5m",
      severity: "warning",
      component: "logs",
      summary: ({ cluster, service, value }) => `${service} in ${cluster} wrote ${value} error lines in five minutes`,
      description: ({ service }) =>
        `${service} writes more than ten times as many errors as an hour ago. Requests need not fail for it: a queue, a job or a database may.`,
      board: serviceBoard.uid,
      narrows: ["service"],
    }),
  ],
};
