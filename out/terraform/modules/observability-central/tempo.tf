resource "azurerm_user_assigned_identity" "tempo" {
  name                = "id-tempo-${var.cluster}"
  location            = azurerm_resource_group.observability.location
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "tempo" {
  name                      = "tempo"
  user_assigned_identity_id = azurerm_user_assigned_identity.tempo.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.ops.oidc_issuer_url
  subject                   = "system:serviceaccount:tempo:tempo"
}

resource "azurerm_role_assignment" "tempo_traces" {
  scope                = azurerm_storage_container.tempo_traces.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.tempo.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_key_vault_secret" "tempo_azure_azure_client_id" {
  name         = "tempo-azure-azure-client-id"
  key_vault_id = azurerm_key_vault.stack.id
  value        = azurerm_user_assigned_identity.tempo.client_id
  content_type = "text/plain"
  depends_on   = [azurerm_role_assignment.vault_write, azurerm_private_endpoint.vault]
}

resource "helm_release" "tempo" {
  count            = var.install_releases ? 1 : 0
  name             = "tempo"
  namespace        = "tempo"
  create_namespace = true
  repository       = "https://grafana-community.github.io/helm-charts"
  chart            = "tempo-distributed"
  version          = "3.3.0"
  timeout          = 900
  values           = [file("${var.values_folder}/tempo/tempo.values.yaml")]
  depends_on       = [helm_release.external_secrets]
}
