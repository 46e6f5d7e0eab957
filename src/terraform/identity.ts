import { type Block, type Expression, is } from "./hcl.ts";
import { resource } from "./model.ts";

/** Where an identity is, and whose tokens it takes for its own. */
interface Home {
  /** The fleet's name of the cluster. */
  readonly cluster: Expression;
  readonly location: Expression;
  readonly group: Expression;
  /** Who issues the cluster's tokens. */
  readonly issuer: Expression;
  readonly count?: Expression;
}

interface Identity extends Home {
  readonly title: string;
  /** The service account, `namespace:name`. */
  readonly account: string;
}

/** An identity of Azure that pods with one service account of a cluster have, without a secret. */
export function workloadIdentity(
  name: string,
  { title, account, cluster, location, group, issuer, count }: Identity,
): Block[] {
  const meta = count === undefined ? {} : { count };
  const own = count === undefined ? name : `${name}[0]`;
  return [
    resource(
      "azurerm_user_assigned_identity",
      name,
      {
        name: is(`"id-${title}-\${${cluster.expression}}"`),
        location,
        resource_group_name: group,
        tags: is("var.tags"),
      },
      meta,
    ),
    resource(
      "azurerm_federated_identity_credential",
      name,
      {
        name: title,
        user_assigned_identity_id: is(`azurerm_user_assigned_identity.${own}.id`),
        audience: ["api://AzureADTokenExchange"],
        issuer,
        subject: `system:serviceaccount:${account}`,
      },
      meta,
    ),
  ];
}

/** The operator by which a cluster has its Secrets from the vault, with an identity that reads it. */
export function externalSecrets({ vault, ...home }: Home & { readonly vault: Expression }): Block[] {
  const { count } = home;
  const meta = count === undefined ? {} : { count };
  const own = `azurerm_user_assigned_identity.external_secrets${count === undefined ? "" : "[0]"}`;
  return [
    ...workloadIdentity("external_secrets", {
      ...home,
      title: "external-secrets",
      account: "external-secrets:external-secrets",
    }),
    resource(
      "azurerm_role_assignment",
      "external_secrets_read",
      {
        scope: vault,
        role_definition_name: "Key Vault Secrets User",
        principal_id: is(`${own}.principal_id`),
        principal_type: "ServicePrincipal",
      },
      meta,
    ),
    resource(
      "helm_release",
      "external_secrets",
      {
        name: "external-secrets",
        namespace: "external-secrets",
        create_namespace: true,
        repository: "https://charts.external-secrets.io",
        chart: "external-secrets",
        version: "2.9.0",
        values: [
          is(`yamlencode({
      installCRDs = true
      podLabels   = { "azure.workload.identity/use" = "true" }
      serviceAccount = {
        annotations = { "azure.workload.identity/client-id" = ${own}.client_id }
      }
    })`),
        ],
      },
      { ...meta, comment: "Before Flux or the releases: the Secrets that they name come from the vault." },
    ),
  ];
}
