import { MappingType, SpecialValueMatch, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";

/** The words for a health status, see the rule that records it. */
export const statusMappings: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      "-1": { text: "not expected", color: "text", index: 0 },
      "0": { text: "healthy", color: "green", index: 1 },
      "1": { text: "degraded", color: "yellow", index: 2 },
      "2": { text: "critical", color: "red", index: 3 },
    },
  },
];

/** What a cluster that should report and does not has instead of a value. */
export const silentMapping: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.NullAndNan, result: { text: "silent", color: "red", index: 8 } },
};

/** The words for the component that a status blames. */
export const causeMappings: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      none: { text: "–", index: 0 },
      targets: { text: "scrape targets", index: 1 },
      nodes: { text: "nodes not ready", index: 2 },
      pods: { text: "pods not ready", index: 3 },
      apiserver: { text: "API server", index: 4 },
      alerts: { text: "critical alerts", index: 5 },
    },
  },
];
