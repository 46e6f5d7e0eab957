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

resource "helm_release" "exporter" {
  for_each         = { for name, one in var.releases : name => one if one.part == "exporters" }
  name             = each.key
  namespace        = each.value.namespace
  create_namespace = true
  repository       = each.value.repository
  chart            = each.value.chart
  version          = each.value.version
  timeout          = 900
  values           = [file("${var.values_folder}/${each.value.values}")]
}
