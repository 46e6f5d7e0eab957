import {
  MultiValueVariable,
  SceneGridLayout,
  sceneGraph,
  SceneObjectBase,
  type SceneObjectState,
  type SceneVariable,
  VariableDependencyConfig,
  type VariableValueOption,
} from "@grafana/scenes";
import { type Block, blocksOf, type Choice, placed, repeatedBy } from "./blocks.ts";
import type { Panel } from "./dashboard.ts";
import { gridItems } from "./panels.ts";

/** The panels at their places, laid out again whenever a variable changes that panels or rows are repeated by. */
export function grid(panels: readonly Panel[]): SceneGridLayout {
  const blocks = blocksOf(panels);
  const names = repeatedBy(panels);
  const still = names.length === 0;
  return new SceneGridLayout({
    isDraggable: false,
    isResizable: false,
    children: still ? gridItems(placed(blocks, () => [])) : [],
    ...(!still && { $behaviors: [new Repeats({ blocks, names })] }),
  });
}

interface RepeatsState extends SceneObjectState {
  blocks: readonly Block[];
  names: readonly string[];
}

class Repeats extends SceneObjectBase<RepeatsState> {
  #drawn = "";

  constructor(state: RepeatsState) {
    super(state);
    const variableNames = [...state.names];
    const onVariableUpdateCompleted = (): void => this.#draw();
    // oxlint-disable-next-line eslint/no-underscore-dangle -- where scenes looks for it
    this._variableDependency = new VariableDependencyConfig(this, { variableNames, onVariableUpdateCompleted });
    this.addActivationHandler(() => this.#draw());
  }

  #draw(): void {
    const layout = this.parent;
    // Before its options are known a variable has none; panels that come and go cost their queries.
    if (!(layout instanceof SceneGridLayout) || sceneGraph.hasVariableDependencyInLoadingState(this)) {
      return;
    }
    const { blocks, names } = this.state;
    const chosen = new Map(names.map((name) => [name, choicesOf(sceneGraph.lookupVariable(name, layout))]));
    const now = JSON.stringify([...chosen]);
    if (now !== this.#drawn) {
      this.#drawn = now;
      layout.setState({ children: gridItems(placed(blocks, (name) => chosen.get(name) ?? [])) });
    }
  }
}

/** Each value that is chosen; of "All", each that there is. */
function choicesOf(variable: SceneVariable | null): Choice[] {
  if (!(variable instanceof MultiValueVariable)) {
    return [];
  }
  const { name } = variable.state;
  const options: readonly VariableValueOption[] = variable.state.options;
  const chosen = new Set([variable.getValue()].flat().map(asText));
  return options
    .map(({ value, label }) => ({ name, value: asText(value), text: label }))
    .filter(({ value }) => variable.hasAllValue() || chosen.has(value));
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
