/** A board of the model 2, as a team writes it: with tabs, a rule for what is shown, and the fleet's names as holes. */
export function resourceBoard({
  uid = "shop-orders",
  title = "Orders",
  version = "v2",
  expr = 'sum by (⟦cluster⟧) (rate(http_server_request_duration_seconds_count{⟦cluster⟧=~"$cluster"}[$__rate_interval]))',
}: {
  readonly uid?: string;
  readonly title?: string;
  readonly version?: "v2" | "v2beta1";
  readonly expr?: string;
} = {}) {
  const query = (spec: object, group = "prometheus") => ({
    kind: "DataQuery",
    group,
    version: "v0",
    datasource: { name: "${datasource}" },
    spec,
  });
  const layout = (element: string) => ({
    kind: "GridLayout",
    spec: {
      items: [
        {
          kind: "GridLayoutItem",
          spec: { x: 0, y: 0, width: 12, height: 8, element: { kind: "ElementReference", name: element } },
        },
      ],
    },
  });
  const panel = (id: number, name: string, queries: readonly object[], transformations: readonly object[] = []) => ({
    kind: "Panel",
    spec: {
      id,
      title: name,
      description: "How many orders are there?",
      links: [],
      data: {
        kind: "QueryGroup",
        spec: {
          queries: queries.map((one, at) => ({
            kind: "PanelQuery",
            spec: { refId: "ABC"[at] ?? "Z", hidden: false, query: one },
          })),
          transformations,
          queryOptions: {},
        },
      },
      vizConfig: {
        kind: "VizConfig",
        group: "timeseries",
        version: "13.0.0",
        spec: { options: {}, fieldConfig: { defaults: { unit: "reqps" }, overrides: [] } },
      },
    },
  });
  const organize =
    version === "v2"
      ? { kind: "Transformation", group: "organize", spec: { options: { excludeByName: { Time: true } } } }
      : { kind: "organize", spec: { id: "organize", options: { excludeByName: { Time: true } } } };
  return {
    apiVersion: `dashboard.grafana.app/${version}`,
    kind: "Dashboard",
    metadata: { name: uid },
    spec: {
      title,
      tags: ["shop"],
      annotations: [],
      variables: [
        {
          kind: "DatasourceVariable",
          spec: {
            name: "datasource",
            pluginId: "prometheus",
            refresh: "never",
            regex: "",
            current: { text: "", value: "" },
            options: [],
            multi: false,
            includeAll: false,
            hide: "dontHide",
            skipUrlSync: false,
          },
        },
        {
          kind: "QueryVariable",
          spec: {
            name: "cluster",
            current: { text: "All", value: "$__all" },
            hide: "dontHide",
            refresh: "onTimeRangeChanged",
            skipUrlSync: false,
            query: query({ qryType: 1, query: "label_values(cluster:inventory:info, ⟦cluster⟧)", refId: "variable" }),
            regex: "",
            sort: "alphabeticalAsc",
            options: [],
            multi: true,
            includeAll: true,
          },
        },
      ],
      elements: {
        "panel-1": panel(1, "Orders", [query({ expr, legendFormat: "{{⟦cluster⟧}}" })], [organize]),
        "panel-2": panel(2, "Failures", [query({ expr: expr.replace("sum by", "max by") })]),
      },
      layout: {
        kind: "TabsLayout",
        spec: {
          tabs: [
            { kind: "TabsLayoutTab", spec: { title: "Now", layout: layout("panel-1") } },
            {
              kind: "TabsLayoutTab",
              spec: {
                title: "Failures",
                layout: layout("panel-2"),
                conditionalRendering: {
                  kind: "ConditionalRenderingGroup",
                  spec: {
                    visibility: "show",
                    condition: "and",
                    items: [
                      {
                        kind: "ConditionalRenderingVariable",
                        spec: { variable: "cluster", operator: "notEquals", value: "x" },
                      },
                    ],
                  },
                },
              },
            },
          ],
        },
      },
      links: [],
      timeSettings: { from: "now-1h", to: "now" },
    },
  };
}
