import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { resourceId } from "../bundle.ts";
import type { Check } from "./check.ts";

/** A number without a unit and a question is read wrongly at three in the morning. */
export const panelExplained: Check = {
  id: "D02",
  about: "A panel without title, unit or description leaves its reader to guess what it measures.",
  *run({ resources }) {
    for (const resource of resources) {
      if (resource.kind !== "dashboard") continue;
      for (const panel of resource.spec.dashboard.panels ?? []) {
        if (panel.type === "row" || panel.type === "text" || !("fieldConfig" in panel)) continue;
        for (const message of lacks(panel)) {
          yield { resource: resourceId(resource), where: `panel "${panel.title ?? ""}"`, message };
        }
      }
    }
  },
};

/** Kinds of panel that draw no number: lines, traces and graphs of them. */
const withoutNumbers = new Set(["logs", "traces", "nodeGraph", "alertlist", "dashlist"]);

function lacks({ type, title, description, fieldConfig }: Panel): string[] {
  return [
    ...(title ? [] : ["has no title"]),
    ...(description ? [] : ["has no description: say which question it answers"]),
    ...(fieldConfig?.defaults.unit || withoutNumbers.has(type) ? [] : ["has no unit"]),
  ];
}
