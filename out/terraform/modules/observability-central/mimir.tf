resource "azurerm_user_assigned_identity" "mimir" {
  name                = "id-mimir-${var.cluster}"
  location            = azurerm_resource_group.observability.location
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "mimir" {
  name                      = "mimir"
  user_assigned_identity_id = azurerm_user_assigned_identity.mimir.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.ops.oidc_issuer_url
  subject                   = "system:serviceaccount:mimir:mimir"
}

resource "azurerm_role_assignment" "mimir_blocks" {
  scope                = azurerm_storage_container.mimir_blocks.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.mimir.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "mimir_ruler" {
  scope                = azurerm_storage_container.mimir_ruler.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.mimir.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "mimir_alertmanager" {
  scope                = azurerm_storage_container.mimir_alertmanager.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.mimir.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_key_vault_secret" "mimir_azure_azure_client_id" {
  name         = "mimir-azure-azure-client-id"
  key_vault_id = azurerm_key_vault.stack.id
  value        = azurerm_user_assigned_identity.mimir.client_id
  content_type = "text/plain"
  depends_on   = [azurerm_role_assignment.vault_write, azurerm_private_endpoint.vault]
}

resource "azurerm_key_vault_secret" "mimir_azure_azure_storage_account" {
  name         = "mimir-azure-azure-storage-account"
  key_vault_id = azurerm_key_vault.stack.id
  value        = azurerm_storage_account.stack.name
  content_type = "text/plain"
  depends_on   = [azurerm_role_assignment.vault_write, azurerm_private_endpoint.vault]
}

resource "helm_release" "mimir" {
  count            = var.install_releases ? 1 : 0
  name             = "mimir"
  namespace        = "mimir"
  create_namespace = true
  repository       = "https://grafana.github.io/helm-charts"
  chart            = "mimir-distributed"
  version          = "6.1.0-weekly.391"
  timeout          = 900
  values           = [file("${var.values_folder}/mimir/mimir.values.yaml")]
  depends_on       = [helm_release.external_secrets]
}
