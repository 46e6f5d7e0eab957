import {
  type dataLayers,
  type SceneComponentProps,
  SceneObjectBase,
  type SceneObjectRef,
  type SceneObjectState,
} from "@grafana/scenes";
import { InlineLabel } from "@grafana/ui";

type Layer = dataLayers.AnnotationsDataLayer;

interface AnnotationTogglesState extends SceneObjectState {
  layers: readonly SceneObjectRef<Layer>[];
}

/** A switch for each kind of event that is drawn over the panels. */
export class AnnotationToggles extends SceneObjectBase<AnnotationTogglesState> {
  static Component = Toggles;
}

function Toggles({ model }: SceneComponentProps<AnnotationToggles>): JSX.Element {
  const { layers } = model.useState();
  return (
    <>
      {layers.map((layer) => (
        <Toggle key={layer.resolve().state.key} layer={layer.resolve()} />
      ))}
    </>
  );
}

function Toggle({ layer }: { readonly layer: Layer }): JSX.Element {
  const { name, key, data } = layer.useState();
  const error = data?.errors?.[0]?.message;
  return (
    <div style={{ display: "flex" }}>
      <InlineLabel htmlFor={`data-layer-${key}`} width="auto" {...(error !== undefined && { tooltip: error })}>
        {error === undefined ? name : `${name} (failed)`}
      </InlineLabel>
      <layer.Component model={layer} />
    </div>
  );
}
