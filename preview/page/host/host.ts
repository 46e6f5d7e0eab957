import {
  type DataSourceApi,
  EventBusSrv,
  type GrafanaConfig,
  locationUtil,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  type TransformerRegistryItem,
} from "@grafana/data";
import { initPluginTranslations } from "@grafana/i18n";
import {
  config,
  type DataSourceSrv,
  FakeEchoSrv,
  setAppEvents,
  setDataSourceSrv,
  setEchoSrv,
  setPluginImportUtils,
  setReturnToPreviousHook,
  setRunRequest,
  setTemplateSrv,
} from "@grafana/runtime";
import { sceneUtils } from "@grafana/scenes";
import { loadedPanel, loadPanel } from "../panels/plugins.ts";
import { nothing, standardFieldConfigs } from "./field-config.ts";
import { DashboardMacro } from "./dashboard-macro.ts";
import { runRequest } from "./run-request.ts";
import { interpolate } from "./template.ts";

/** From now on boards ask these. */
export function askSources(sources: readonly DataSourceApi[]): void {
  setDataSourceSrv(directory(sources));
}

/** What Grafana's core registers before its page starts and npm packages leave to their host. */
export async function startHost(sources: readonly DataSourceApi[]): Promise<void> {
  await initPluginTranslations("fleetglass-preview");
  setAppEvents(new EventBusSrv());
  setEchoSrv(new FakeEchoSrv());
  setReturnToPreviousHook(() => () => undefined);
  setRunRequest(runRequest);
  setPluginImportUtils({ importPanelPlugin: loadPanel, getPanelPluginFromCache: loadedPanel });
  askSources(sources);
  setTemplateSrv({
    replace: (text = "", scoped, format) => interpolate(text, scoped, format as string | undefined),
    getVariables: () => [],
    containsTemplate: (text = "") => text.includes("$"),
    updateTimeRange: () => undefined,
  });
  standardFieldConfigEditorRegistry.setInit(standardFieldConfigs);
  standardEditorsRegistry.setInit(() => []);
  standardTransformersRegistry.setInit(transformers);
  sceneUtils.registerVariableMacro("__dashboard", DashboardMacro);
  locationUtil.initialize({
    // Of the whole configuration it reads only this.
    config: { appSubUrl: config.appSubUrl } as GrafanaConfig,
    getTimeRangeForUrl: () => ({ from: "now-6h", to: "now" }),
    getVariablesUrlParams: () => ({}),
  });
}

/** Several names of @grafana/data stand for one transformation; the registry takes each once. */
function transformers(): TransformerRegistryItem[] {
  const unique = new Map(Object.values(standardTransformers).map((item) => [item.id, item]));
  return [...unique.values()].map((item) => ({
    id: item.id,
    name: item.name,
    editor: nothing,
    transformation: item,
    imageDark: "",
    imageLight: "",
  }));
}

function directory(sources: readonly DataSourceApi[]): DataSourceSrv {
  const find = (
    ref: Parameters<DataSourceSrv["get"]>[0],
    scoped: Parameters<DataSourceSrv["get"]>[1],
  ): DataSourceApi => {
    const { uid, type } = typeof ref === "string" ? { uid: ref, type: undefined } : (ref ?? {});
    const wanted = interpolate(uid ?? "", scoped);
    const found = sources.find(
      (source) => source.uid === wanted || source.name === wanted || (wanted === "" && source.type === type),
    );
    if (found === undefined) {
      throw new Error(`No data source "${wanted}" in the provisioning files`);
    }
    return found;
  };
  const settings = (source: DataSourceApi): ReturnType<DataSourceSrv["getList"]>[number] => ({
    id: source.id ?? 0,
    uid: source.uid,
    type: source.type,
    name: source.name,
    meta: source.meta,
    readOnly: true,
    access: "proxy",
    jsonData: {},
  });
  return {
    get: async (ref, scoped) => find(ref, scoped),
    getList: ({ pluginId, type } = {}) =>
      sources
        .filter((source) => pluginId === undefined || pluginId === source.type)
        .filter((source) => type === undefined || [type].flat().includes(source.type))
        .map(settings),
    getInstanceSettings: (ref, scoped) => settings(find(ref, scoped)),
    reload: () => undefined,
    registerRuntimeDataSource: () => undefined,
  };
}
