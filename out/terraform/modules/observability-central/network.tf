resource "azurerm_virtual_network" "ops" {
  name                = "vnet-${var.cluster}"
  resource_group_name = azurerm_resource_group.observability.name
  location            = azurerm_resource_group.observability.location
  address_space       = [var.address_space]
  tags                = var.tags
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.observability.name
  virtual_network_name = azurerm_virtual_network.ops.name
  address_prefixes     = [cidrsubnet(var.address_space, 2, 0)]
}

resource "azurerm_subnet" "endpoints" {
  name                              = "endpoints"
  resource_group_name               = azurerm_resource_group.observability.name
  virtual_network_name              = azurerm_virtual_network.ops.name
  address_prefixes                  = [cidrsubnet(var.address_space, 2, 1)]
  private_endpoint_network_policies = "Enabled"
}

resource "azurerm_subnet" "database" {
  name                 = "database"
  resource_group_name  = azurerm_resource_group.observability.name
  virtual_network_name = azurerm_virtual_network.ops.name
  address_prefixes     = [cidrsubnet(var.address_space, 2, 2)]

  delegation {
    name = "postgres"

    service_delegation {
      name    = "Microsoft.DBforPostgreSQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

# Both ways, since a peering is one way: agents come to the doors.
resource "azurerm_virtual_network_peering" "to_workload" {
  for_each                     = var.workload_networks
  name                         = "${var.cluster}-to-${each.key}"
  resource_group_name          = azurerm_resource_group.observability.name
  virtual_network_name         = azurerm_virtual_network.ops.name
  remote_virtual_network_id    = each.value.id
  allow_virtual_network_access = true
}

resource "azurerm_virtual_network_peering" "from_workload" {
  for_each                     = var.workload_networks
  name                         = "${each.key}-to-${var.cluster}"
  resource_group_name          = each.value.resource_group_name
  virtual_network_name         = each.value.name
  remote_virtual_network_id    = azurerm_virtual_network.ops.id
  allow_virtual_network_access = true
}

resource "azurerm_private_dns_zone" "stack" {
  name                = "ops-uaenorth.internal"
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "stack" {
  name                = "${var.cluster}-stack"
  private_dns_zone_id = azurerm_private_dns_zone.stack.id
  virtual_network_id  = azurerm_virtual_network.ops.id
  tags                = var.tags
}

# By which the agents find the doors by name.
resource "azurerm_private_dns_zone_virtual_network_link" "workload" {
  for_each            = var.workload_networks
  name                = each.key
  private_dns_zone_id = azurerm_private_dns_zone.stack.id
  virtual_network_id  = each.value.id
  tags                = var.tags
}

resource "azurerm_private_dns_zone" "blob" {
  name                = "privatelink.blob.core.windows.net"
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "blob" {
  name                = "${var.cluster}-blob"
  private_dns_zone_id = azurerm_private_dns_zone.blob.id
  virtual_network_id  = azurerm_virtual_network.ops.id
  tags                = var.tags
}

resource "azurerm_private_dns_zone" "vault" {
  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "vault" {
  name                = "${var.cluster}-vault"
  private_dns_zone_id = azurerm_private_dns_zone.vault.id
  virtual_network_id  = azurerm_virtual_network.ops.id
  tags                = var.tags
}

resource "azurerm_private_dns_zone" "postgres" {
  name                = "privatelink.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "postgres" {
  name                = "${var.cluster}-postgres"
  private_dns_zone_id = azurerm_private_dns_zone.postgres.id
  virtual_network_id  = azurerm_virtual_network.ops.id
  tags                = var.tags
}

# By which their External Secrets find the vault.
resource "azurerm_private_dns_zone_virtual_network_link" "workload_vault" {
  for_each            = var.workload_networks
  name                = each.key
  private_dns_zone_id = azurerm_private_dns_zone.vault.id
  virtual_network_id  = each.value.id
  tags                = var.tags
}
