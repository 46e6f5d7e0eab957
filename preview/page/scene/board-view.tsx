import type { SceneComponentProps, SceneObject } from "@grafana/scenes";
import { useTheme2 } from "@grafana/ui";
import type { BoardState } from "./board-state.ts";

/** Selectors, links and time above, panels below. */
export function BoardView({ model }: SceneComponentProps<SceneObject<BoardState>>): JSX.Element {
  const { controls, body } = model.useState();
  const { spacing } = useTheme2();
  return (
    <div
      data-board={model.state.uid}
      style={{ flexGrow: 1, display: "flex", flexDirection: "column", gap: spacing(2) }}
    >
      <div style={{ display: "flex", flexWrap: "wrap", alignItems: "flex-end", gap: spacing(1, 2) }}>
        {controls.map((control) => (
          <Drawn key={control.state.key} object={control} />
        ))}
      </div>
      <div style={{ flexGrow: 1, display: "flex" }}>
        <Drawn object={body} />
      </div>
    </div>
  );
}

function Drawn({ object }: { readonly object: SceneObject }): JSX.Element {
  // A component, not a method, though scenes types it as one.
  // oxlint-disable-next-line typescript/unbound-method
  const { Component } = object;
  return <Component model={object} />;
}
