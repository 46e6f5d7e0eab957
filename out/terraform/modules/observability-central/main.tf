terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.2.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = "3.1.2"
    }
  }
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "observability" {
  name     = "rg-platform-core-${var.cluster}"
  location = var.location
  tags     = var.tags
}

# Its ingress has an internal load balancer only, and writes the names of the doors into the private zone.
resource "azurerm_kubernetes_cluster" "ops" {
  name                      = var.cluster_resource_name
  location                  = azurerm_resource_group.observability.location
  resource_group_name       = azurerm_resource_group.observability.name
  dns_prefix                = var.cluster
  sku_tier                  = "Standard"
  private_cluster_enabled   = true
  local_account_disabled    = true
  oidc_issuer_enabled       = true
  workload_identity_enabled = true
  automatic_upgrade_channel = "patch"
  node_os_upgrade_channel   = "NodeImage"
  tags                      = var.tags

  default_node_pool {
    name                        = "system"
    vm_size                     = var.node_size
    auto_scaling_enabled        = true
    min_count                   = var.nodes.min
    max_count                   = var.nodes.max
    zones                       = ["1", "2", "3"]
    vnet_subnet_id              = azurerm_subnet.nodes.id
    temporary_name_for_rotation = "rotation"

    upgrade_settings {
      max_surge = "33%"
    }
  }

  node_provisioning_profile {
    mode = "Manual"
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_policy      = "cilium"
    network_data_plane  = "cilium"
  }

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    admin_group_object_ids = var.admin_group_object_ids
  }

  web_app_routing {
    dns_zone_ids             = [azurerm_private_dns_zone.stack.id]
    default_nginx_controller = "Internal"
  }
}

resource "azurerm_role_assignment" "ingress_names" {
  scope                = azurerm_private_dns_zone.stack.id
  role_definition_name = "Private DNS Zone Contributor"
  principal_id         = azurerm_kubernetes_cluster.ops.web_app_routing[0].web_app_routing_identity[0].object_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "network" {
  scope                = azurerm_virtual_network.ops.id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_kubernetes_cluster.ops.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "external_secrets" {
  name                = "id-external-secrets-${var.cluster}"
  location            = azurerm_resource_group.observability.location
  resource_group_name = azurerm_resource_group.observability.name
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "external_secrets" {
  name                      = "external-secrets"
  user_assigned_identity_id = azurerm_user_assigned_identity.external_secrets.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.ops.oidc_issuer_url
  subject                   = "system:serviceaccount:external-secrets:external-secrets"
}

resource "azurerm_role_assignment" "external_secrets_read" {
  scope                = azurerm_key_vault.stack.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.external_secrets.principal_id
  principal_type       = "ServicePrincipal"
}

# Before Flux or the releases: the Secrets that they name come from the vault.
resource "helm_release" "external_secrets" {
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
        annotations = { "azure.workload.identity/client-id" = azurerm_user_assigned_identity.external_secrets.client_id }
      }
    }),
  ]
}
