import type { Emitter, Labels } from "../emit.ts";
import { times } from "../flow.ts";
import { during } from "../steps.ts";
import { logLines } from "../volume.ts";
import { podTarget, workloadOf } from "./pod-target.ts";

/** Bytes of a usual line, and the share that Loki refuses while the tenant is over its rate. */
const line = 180;
export const refused = 0.6;

/** What tails the pods' logs on each node. */
export function logsAgent(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const name = { promtail: "promtail", alloy: "alloy-logs", "otel-collector": undefined, none: undefined }[
    cluster.logsAgent
  ];
  if (name === undefined) return;
  const isAlloy = cluster.logsAgent === "alloy";
  const url = model.world.fleet.backends.logs?.url ?? "http://loki";
  const host = url.replace(/^https?:\/\//u, "").replace(/\/.*$/u, "");
  const tenant = cluster.tenant;
  const part = { component_id: "loki.write.default", component_path: "/" };
  const flooded = model.world.windows(cluster, "log-flood");
  for (const [place, node] of (workloadOf(model, name)?.plan.nodes ?? []).entries()) {
    const found = podTarget(emitter, name, {
      exporter: isAlloy ? "alloy" : "promtail",
      port: isAlloy ? 12_345 : 3101,
      place,
    });
    if (!found) continue;
    const { target, starts } = found;
    const lines = logLines(model.world, cluster, model.plan, node);
    const read = model.count(lines, starts);
    const sent = model.count(times(lines, node === 0 ? during(flooded, 1 - refused, 1) : 1), starts);
    const lost = model.count(times(lines, node === 0 ? during(flooded, refused, 0) : 0), starts);
    const owner: Labels = isAlloy ? { ...part, host, tenant } : { host, tenant };
    const plain: Labels = isAlloy ? owner : { host };
    const prefix = isAlloy ? "loki_write" : "promtail";
    target.counts(`${prefix}_sent_entries_total`, plain, sent);
    target.counts(`${prefix}_sent_bytes_total`, plain, (ms) => line * sent(ms));
    target.counts(`${prefix}_dropped_entries_total`, { ...owner, reason: "rate_limited" }, lost);
    if (isAlloy) {
      target.counts(
        "loki_source_file_read_lines_total",
        { component_id: "loki.source.file.pods", component_path: "/", path: "/var/log/pods" },
        read,
      );
    } else {
      target.counts("promtail_read_lines_total", { path: "/var/log/pods" }, read);
      target.gauge("promtail_files_active_total", {}, model.pods.length > 0 ? 12 : 0);
    }
  }
}
