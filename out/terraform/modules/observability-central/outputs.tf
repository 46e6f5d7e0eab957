output "kubernetes_host" {
  description = "For the Helm provider."
  value       = azurerm_kubernetes_cluster.ops.kube_config[0].host
}

output "kubernetes_ca" {
  description = "For the Helm provider."
  value       = base64decode(azurerm_kubernetes_cluster.ops.kube_config[0].cluster_ca_certificate)
}

output "virtual_network_id" {
  description = "Of the ops cluster."
  value       = azurerm_virtual_network.ops.id
}

output "key_vault_id" {
  description = "What the environments of the other clusters are given."
  value       = azurerm_key_vault.stack.id
}

output "key_vault_uri" {
  description = "Where passwords are to be written."
  value       = azurerm_key_vault.stack.vault_uri
}
