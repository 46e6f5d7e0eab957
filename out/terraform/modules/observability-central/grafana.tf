resource "azurerm_postgresql_flexible_server" "grafana" {
  name                              = "psql-grafana-${var.cluster}"
  resource_group_name               = azurerm_resource_group.observability.name
  location                          = azurerm_resource_group.observability.location
  version                           = "16"
  sku_name                          = "GP_Standard_D2ds_v5"
  storage_mb                        = 32768
  auto_grow_enabled                 = true
  administrator_login               = "grafana"
  administrator_password_wo         = var.grafana_database_password
  administrator_password_wo_version = var.grafana_database_password_version
  delegated_subnet_id               = azurerm_subnet.database.id
  private_dns_zone_id               = azurerm_private_dns_zone.postgres.id
  public_network_access_enabled     = false
  backup_retention_days             = 14
  geo_redundant_backup_enabled      = startswith(var.replication, "G") || startswith(var.replication, "RAG")
  tags                              = var.tags
  depends_on                        = [azurerm_private_dns_zone_virtual_network_link.postgres]

  high_availability {
    mode = "ZoneRedundant"
  }
}

resource "azurerm_postgresql_flexible_server_database" "grafana" {
  name      = "grafana"
  server_id = azurerm_postgresql_flexible_server.grafana.id
  charset   = "UTF8"
}

resource "azurerm_key_vault_secret" "grafana_database_gf_database_host" {
  name         = "grafana-database-gf-database-host"
  key_vault_id = azurerm_key_vault.stack.id
  value        = azurerm_postgresql_flexible_server.grafana.fqdn
  content_type = "text/plain"
  depends_on   = [azurerm_role_assignment.vault_write, azurerm_private_endpoint.vault]
}

resource "azurerm_key_vault_secret" "grafana_database_gf_database_user" {
  name         = "grafana-database-gf-database-user"
  key_vault_id = azurerm_key_vault.stack.id
  value        = azurerm_postgresql_flexible_server.grafana.administrator_login
  content_type = "text/plain"
  depends_on   = [azurerm_role_assignment.vault_write, azurerm_private_endpoint.vault]
}

resource "helm_release" "prometheus" {
  count            = var.install_releases ? 1 : 0
  name             = "prometheus"
  namespace        = "prometheus"
  create_namespace = true
  repository       = "https://prometheus-community.github.io/helm-charts"
  chart            = "prometheus"
  version          = "29.27.0"
  timeout          = 900
  values           = [file("${var.values_folder}/prometheus/prometheus.values.yaml")]
  depends_on       = [helm_release.external_secrets]
}

resource "helm_release" "grafana" {
  count            = var.install_releases ? 1 : 0
  name             = "grafana"
  namespace        = "grafana"
  create_namespace = true
  repository       = "https://grafana-community.github.io/helm-charts"
  chart            = "grafana"
  version          = "12.11.1"
  timeout          = 900
  values           = [file("${var.values_folder}/grafana/grafana.values.yaml")]
  depends_on       = [helm_release.external_secrets]
}
