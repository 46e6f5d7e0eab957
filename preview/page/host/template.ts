import type { ScopedVars } from "@grafana/data";
import { type VariableCustomFormatterFn, sceneGraph, type SceneObject } from "@grafana/scenes";

/** Fills in the variables that are in scope of the panel which asks; scenes hands it over among the scoped ones. */
export function interpolate(
  text: string,
  scoped: ScopedVars | undefined,
  format?: string | VariableCustomFormatterFn,
): string {
  const asking = sceneOf(scoped);
  return asking === undefined ? text : sceneGraph.interpolate(asking, text, scoped, format);
}

function sceneOf(scoped: ScopedVars | undefined): SceneObject | undefined {
  const wrapped: unknown = scoped?.["__sceneObject"]?.value;
  // Wrapped so that it is not serialised; see wrapInSafeSerializableSceneObject of scenes.
  return typeof wrapped === "object" && wrapped !== null ? (wrapped.valueOf() as SceneObject) : undefined;
}
