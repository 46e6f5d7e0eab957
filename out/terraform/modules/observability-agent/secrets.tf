resource "azurerm_user_assigned_identity" "external_secrets" {
  count               = var.key_vault_id == "" ? 0 : 1
  name                = "id-external-secrets-${var.cluster}"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "external_secrets" {
  count                     = var.key_vault_id == "" ? 0 : 1
  name                      = "external-secrets"
  user_assigned_identity_id = azurerm_user_assigned_identity.external_secrets[0].id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = var.oidc_issuer_url
  subject                   = "system:serviceaccount:external-secrets:external-secrets"
}

resource "azurerm_role_assignment" "external_secrets_read" {
  count                = var.key_vault_id == "" ? 0 : 1
  scope                = var.key_vault_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.external_secrets[0].principal_id
  principal_type       = "ServicePrincipal"
}

# Before Flux or the releases: the Secrets that they name come from the vault.
resource "helm_release" "external_secrets" {
  count            = var.key_vault_id == "" ? 0 : 1
  name             = "external-secrets"
  namespace        = "external-secrets"
  create_namespace = true
  repository       = "https://charts.external-secrets.io"
  chart            = "external-secrets"
  version          = "2.9.0"
  values = [
    yamlencode({
      installCRDs = true
      podLabels   = { "azure.workload.identity/use" = "true" }
      serviceAccount = {
        annotations = { "azure.workload.identity/client-id" = azurerm_user_assigned_identity.external_secrets[0].client_id }
      }
    }),
  ]
}
