/** As much of Loki's values as its chart copies into the configuration. */
interface LokiValues {
  readonly loki: {
    readonly auth_enabled: boolean;
    readonly schemaConfig: object;
    readonly limits_config: object;
    readonly querier: object;
    readonly compactor: object;
    readonly rulerConfig: object;
    readonly analytics: object;
    readonly storage: {
      readonly azure: { readonly accountName: string; readonly useFederatedToken: boolean };
      readonly bucketNames: Readonly<Record<"chunks" | "ruler", string>>;
    };
    readonly runtimeConfig: object;
  };
}

/** What the chart makes of its values: it can't be rendered here, so this says after its templates what they copy. */
export function lokiYml(values: unknown): object {
  const { loki } = values as LokiValues;
  const azure = (container: string): object => ({
    account_name: loki.storage.azure.accountName,
    container_name: container,
    use_federated_token: loki.storage.azure.useFederatedToken,
  });
  return {
    auth_enabled: loki.auth_enabled,
    schema_config: loki.schemaConfig,
    limits_config: loki.limits_config,
    querier: loki.querier,
    compactor: loki.compactor,
    ruler: { storage: { type: "azure", azure: azure(loki.storage.bucketNames.ruler) }, ...loki.rulerConfig },
    analytics: loki.analytics,
    common: {
      path_prefix: "/var/loki",
      replication_factor: 3,
      storage: { azure: azure(loki.storage.bucketNames.chunks) },
    },
  };
}
