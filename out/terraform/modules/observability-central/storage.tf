# One account for blocks, chunks and traces, without keys: identities only.
resource "azurerm_storage_account" "stack" {
  name                            = var.storage_account
  resource_group_name             = azurerm_resource_group.observability.name
  location                        = azurerm_resource_group.observability.location
  account_kind                    = "StorageV2"
  account_tier                    = "Standard"
  account_replication_type        = var.replication
  min_tls_version                 = "TLS1_2"
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  public_network_access_enabled   = false
  tags                            = var.tags

  blob_properties {
    delete_retention_policy {
      days = 7
    }

    container_delete_retention_policy {
      days = 7
    }
  }
}

resource "azurerm_storage_container" "mimir_blocks" {
  name                  = "mimir-blocks"
  storage_account_id    = azurerm_storage_account.stack.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "mimir_ruler" {
  name                  = "mimir-ruler"
  storage_account_id    = azurerm_storage_account.stack.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "mimir_alertmanager" {
  name                  = "mimir-alertmanager"
  storage_account_id    = azurerm_storage_account.stack.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "loki_chunks" {
  name                  = "loki-chunks"
  storage_account_id    = azurerm_storage_account.stack.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "loki_ruler" {
  name                  = "loki-ruler"
  storage_account_id    = azurerm_storage_account.stack.id
  container_access_type = "private"
}

resource "azurerm_storage_container" "tempo_traces" {
  name                  = "tempo-traces"
  storage_account_id    = azurerm_storage_account.stack.id
  container_access_type = "private"
}

resource "azurerm_private_endpoint" "blob" {
  name                = "pe-blob-${var.cluster}"
  resource_group_name = azurerm_resource_group.observability.name
  location            = azurerm_resource_group.observability.location
  subnet_id           = azurerm_subnet.endpoints.id
  tags                = var.tags

  private_service_connection {
    name                           = "blob"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_storage_account.stack.id
    subresource_names              = ["blob"]
  }

  private_dns_zone_group {
    name                 = "blob"
    private_dns_zone_ids = [azurerm_private_dns_zone.blob.id]
  }
}

resource "azurerm_key_vault" "stack" {
  name                          = var.key_vault
  location                      = azurerm_resource_group.observability.location
  resource_group_name           = azurerm_resource_group.observability.name
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = false
  tags                          = var.tags

  network_acls {
    bypass         = "AzureServices"
    default_action = "Deny"
  }
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-vault-${var.cluster}"
  resource_group_name = azurerm_resource_group.observability.name
  location            = azurerm_resource_group.observability.location
  subnet_id           = azurerm_subnet.endpoints.id
  tags                = var.tags

  private_service_connection {
    name                           = "vault"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_key_vault.stack.id
    subresource_names              = ["vault"]
  }

  private_dns_zone_group {
    name                 = "vault"
    private_dns_zone_ids = [azurerm_private_dns_zone.vault.id]
  }
}

# Whoever applies this writes the ids of identities into the vault; passwords are written by people.
resource "azurerm_role_assignment" "vault_write" {
  scope                = azurerm_key_vault.stack.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = data.azurerm_client_config.current.object_id
}
