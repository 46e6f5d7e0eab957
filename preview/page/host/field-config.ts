import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type Field,
  type FieldConfigPropertyItem,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from "@grafana/data";

type Process = FieldConfigPropertyItem["process"];

/** Grafana's options for every panel's fields. Without this registry units, thresholds and mappings are ignored. */
export function standardFieldConfigs(): FieldConfigPropertyItem[] {
  const numeric = ({ type }: Field): boolean => type === FieldType.number;
  const measured = ({ type }: Field): boolean => type === FieldType.number || type === FieldType.string;
  return [
    item("unit", unitOverrideProcessor, measured),
    item("min", numberOverrideProcessor, numeric),
    item("max", numberOverrideProcessor, numeric),
    item("fieldMinMax", booleanOverrideProcessor, numeric),
    item("decimals", numberOverrideProcessor, numeric),
    item("displayName", displayNameOverrideProcessor),
    item("noValue", stringOverrideProcessor),
    item("color", identityOverrideProcessor),
    {
      ...item("thresholds", thresholdsOverrideProcessor),
      defaultValue: {
        mode: "absolute",
        steps: [
          { value: -Infinity, color: "green" },
          { value: 80, color: "red" },
        ],
      },
    },
    { ...item("mappings", valueMappingsOverrideProcessor), defaultValue: [] },
    item("links", dataLinksOverrideProcessor),
    item("actions", identityOverrideProcessor),
    item("filterable", booleanOverrideProcessor),
  ];
}

function item(
  id: string,
  process: Process,
  shouldApply: (field: Field) => boolean = () => true,
): FieldConfigPropertyItem {
  return { id, path: id, name: id, editor: nothing, override: nothing, process, shouldApply };
}

/** Options have editors in Grafana; there is nothing to edit here. */
export function nothing(): null {
  return null;
}
