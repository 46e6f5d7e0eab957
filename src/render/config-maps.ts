import { stringify } from "yaml";
import { type DashboardResource, type FileResource, type GrafanaPlace, type Resource } from "../bundle.ts";
import { boardText, dataSourcesText, fileOf } from "./render.ts";

/** What Kubernetes stores in one object, its names and labels included. */
const largest = 1_000_000;

/**
 * A bundle as Kubernetes objects for the sidecar of Grafana's Helm chart: a ConfigMap per board, with the label and the
 * folder annotation that the sidecar looks for, and one Secret with the data sources. They name no namespace: whoever
 * applies them does. What is for another Grafana than the first is in a folder of its name.
 * @throws {Error} where a board is too large for one object.
 */
export function renderConfigMaps(resources: readonly Resource[]): FileResource[] {
  const folders = new Map(resources.flatMap((one) => (one.kind === "folder" ? [[one.id, one.spec] as const] : [])));
  const sources = resources.filter((one) => one.kind === "datasource");
  return [
    ...resources.flatMap((one) => {
      if (one.kind !== "dashboard") return [];
      const home = folders.get(one.spec.folder);
      return [
        fileOf(`${folderOf(one.at)}${home?.slug ?? one.spec.folder}/${one.id}.yaml`, configMapText(one, home?.title)),
      ];
    }),
    ...[...new Set(sources.map(({ at }) => folderOf(at)))].map((folder) => {
      const own = sources.filter(({ at }) => folderOf(at) === folder);
      return fileOf(`${folder}datasources.yaml`, sourcesText(dataSourcesText(own)));
    }),
  ].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function folderOf({ grafana }: GrafanaPlace): string {
  return grafana === undefined ? "" : `grafana-${grafana}/`;
}

function configMapText(resource: DashboardResource, folder: string | undefined): string {
  // The sidecar's folders have uids that nobody knows beforehand.
  const text = boardText({ ...resource.spec, folder: "" });
  if (text.length > largest) {
    throw new Error(
      `board ${resource.id} has ${text.length} bytes, more than a ConfigMap holds: split it, or publish it with --to live`,
    );
  }
  return manifest({
    kind: "ConfigMap",
    metadata: {
      name: objectName(resource.id),
      labels: { grafana_dashboard: "1", "app.kubernetes.io/managed-by": "fleetglass" },
      ...(folder !== undefined && { annotations: { grafana_folder: folder } }),
    },
    data: { [`${resource.id}.json`]: text },
  });
}

/** A Secret and no ConfigMap: the values of headers are in it, and what Grafana keeps secret stays so. */
function sourcesText(text: string): string {
  return manifest({
    kind: "Secret",
    metadata: {
      name: "fleetglass-datasources",
      labels: { grafana_datasource: "1", "app.kubernetes.io/managed-by": "fleetglass" },
    },
    stringData: { "fleetglass.yaml": text },
  });
}

function manifest(content: object): string {
  return stringify({ apiVersion: "v1", ...content }, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Kubernetes' names are lower-case letters, digits and dashes; a uid may have capitals and underscores too. */
function objectName(uid: string): string {
  return `fleetglass-${uid.toLowerCase().replaceAll("_", "-")}`.replace(/-+$/u, "");
}
