import { FieldColorModeId, FieldConfigProperty, PanelPlugin, type PanelProps, PluginType } from "@grafana/data";
import type { ComponentType } from "react";
import { nothing } from "../host/field-config.ts";

export interface PanelKind<Options extends object> {
  readonly id: string;
  readonly component: ComponentType<PanelProps<Options>>;
  /** Options that a dashboard may leave out. */
  readonly defaults?: Partial<Options>;
  /** Options of single fields, `custom` in a dashboard, with their defaults; undefined for none. */
  readonly custom?: Readonly<Record<string, unknown>>;
  /** Where a field's colour comes from unless the dashboard says. */
  readonly color?: FieldColorModeId;
  /** Panels without queries, such as text. */
  readonly skipDataQuery?: boolean;
  /** Whether it draws events over its data; the others are handed none. */
  readonly annotations?: boolean;
}

/** A panel plugin as Grafana's core would register it, without the editors. */
export function panelPlugin<Options extends object>({
  id,
  component,
  defaults = {},
  custom = {},
  color = FieldColorModeId.Thresholds,
  skipDataQuery = false,
  annotations = false,
}: PanelKind<Options>): PanelPlugin {
  const plugin = new PanelPlugin<Options, Record<string, unknown>>(component);
  plugin.meta = {
    id,
    name: id,
    type: PluginType.panel,
    module: id,
    baseUrl: "",
    sort: 0,
    skipDataQuery,
    info: {
      author: { name: "" },
      description: "",
      links: [],
      logos: { small: "", large: "" },
      screenshots: [],
      updated: "",
      version: "",
    },
  };
  plugin.setDataSupport({ annotations });
  plugin.setPanelOptions((builder) => {
    for (const [path, defaultValue] of Object.entries(defaults)) {
      builder.addCustomEditor({ id: path, path, name: path, editor: nothing, defaultValue });
    }
  });
  plugin.useFieldConfig({
    standardOptions: { [FieldConfigProperty.Color]: { defaultValue: { mode: color } } },
    useCustomConfig: (builder) => {
      for (const [path, defaultValue] of Object.entries(custom)) {
        builder.addCustomEditor({
          id: path,
          path,
          name: path,
          editor: nothing,
          override: nothing,
          process: (value: unknown) => value,
          shouldApply: () => true,
          defaultValue,
        });
      }
    },
  });
  return plugin;
}
