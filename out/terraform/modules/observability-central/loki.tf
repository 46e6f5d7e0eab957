resource "azurerm_user_assigned_identity" "loki" {
  name                = "id-loki-${var.cluster}"
  location            = azurerm_resource_group.observability.location
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "loki" {
  name                      = "loki"
  user_assigned_identity_id = azurerm_user_assigned_identity.loki.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.ops.oidc_issuer_url
  subject                   = "system:serviceaccount:loki:loki"
}

resource "azurerm_role_assignment" "loki_chunks" {
  scope                = azurerm_storage_container.loki_chunks.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.loki.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "loki_ruler" {
  scope                = azurerm_storage_container.loki_ruler.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.loki.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_key_vault_secret" "loki_azure_azure_client_id" {
  name         = "loki-azure-azure-client-id"
  key_vault_id = azurerm_key_vault.stack.id
  value        = azurerm_user_assigned_identity.loki.client_id
  content_type = "text/plain"
  depends_on   = [azurerm_role_assignment.vault_write, azurerm_private_endpoint.vault]
}

resource "helm_release" "loki" {
  count            = var.install_releases ? 1 : 0
  name             = "loki"
  namespace        = "loki"
  create_namespace = true
  repository       = "https://grafana-community.github.io/helm-charts"
  chart            = "loki"
  version          = "18.11.0"
  timeout          = 900
  values           = [file("${var.values_folder}/loki/loki.values.yaml")]
  depends_on       = [helm_release.external_secrets]
}
