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

provider "azurerm" {
  storage_use_azuread = true

  features {}
}

variable "address_space" {
  description = "Of the ops cluster's network; it must overlap with no workload cluster's."
  type        = string
  default     = "10.240.0.0/16"
}

variable "workload_networks" {
  description = "Of dev-uaenorth, stg-uaenorth, prd-uaenorth, by those names."
  type = map(object({
    id                  = string
    name                = string
    resource_group_name = string
  }))
  default = {}
}

variable "admin_group_object_ids" {
  description = "Groups that administer the cluster."
  type        = list(string)
}

variable "grafana_database_password" {
  description = "Of Grafana's user, also in the vault."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "install_releases" {
  description = "True where no Flux installs the releases."
  type        = bool
  default     = false
}

module "observability_central" {
  source                    = "../../modules/observability-central"
  cluster                   = "ops-uaenorth"
  cluster_resource_name     = "ops-uaenorth-aks"
  location                  = "uaenorth"
  address_space             = var.address_space
  workload_networks         = var.workload_networks
  admin_group_object_ids    = var.admin_group_object_ids
  grafana_database_password = var.grafana_database_password
  nodes = {
    min = 10
    max = 10
  }
  values_folder    = "${path.root}/../../../flux-config/clusters/platform-core-ops-aks/infrastructure/observability"
  install_releases = var.install_releases
  tags = {
    fleet       = "platform-core"
    environment = "ops"
  }
}

provider "helm" {
  kubernetes = {
    host                   = module.observability_central.kubernetes_host
    cluster_ca_certificate = module.observability_central.kubernetes_ca
    exec = {
      api_version = "client.authentication.k8s.io/v1beta1"
      command     = "kubelogin"
      args        = ["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]
    }
  }
}

locals {
  releases = {
    kube-state-metrics = {
      part       = "exporters"
      namespace  = "observability"
      repository = "https://prometheus-community.github.io/helm-charts"
      chart      = "kube-state-metrics"
      version    = "8.4.0"
      values     = "exporters/kube-state-metrics.values.yaml"
    }
    prometheus-node-exporter = {
      part       = "exporters"
      namespace  = "observability"
      repository = "https://prometheus-community.github.io/helm-charts"
      chart      = "prometheus-node-exporter"
      version    = "4.56.1"
      values     = "exporters/prometheus-node-exporter.values.yaml"
    }
    opencost = {
      part       = "exporters"
      namespace  = "observability"
      repository = "https://opencost.github.io/opencost-helm-chart"
      chart      = "opencost"
      version    = "2.5.17"
      values     = "exporters/opencost.values.yaml"
    }
    prometheus-agent = {
      part       = "metrics"
      namespace  = "observability"
      repository = "https://prometheus-community.github.io/helm-charts"
      chart      = "prometheus"
      version    = "29.27.0"
      values     = "prometheus-agent/prometheus-agent.values.yaml"
    }
    otel-gateway = {
      part       = "collector"
      namespace  = "observability"
      repository = "https://open-telemetry.github.io/opentelemetry-helm-charts"
      chart      = "opentelemetry-collector"
      version    = "0.170.0"
      values     = "opentelemetry/otel-gateway.values.yaml"
    }
    otel-agent = {
      part       = "collector"
      namespace  = "observability"
      repository = "https://open-telemetry.github.io/opentelemetry-helm-charts"
      chart      = "opentelemetry-collector"
      version    = "0.170.0"
      values     = "opentelemetry/otel-agent.values.yaml"
    }
    otel-events = {
      part       = "collector"
      namespace  = "observability"
      repository = "https://open-telemetry.github.io/opentelemetry-helm-charts"
      chart      = "opentelemetry-collector"
      version    = "0.170.0"
      values     = "opentelemetry/otel-events.values.yaml"
    }
    promtail = {
      part       = "logs"
      namespace  = "observability"
      repository = "https://grafana.github.io/helm-charts"
      chart      = "promtail"
      version    = "6.17.1"
      values     = "promtail/promtail.values.yaml"
    }
  }
}

module "observability_agent" {
  source        = "../../modules/observability-agent"
  values_folder = "${path.root}/../../../flux-config/clusters/platform-core-ops-aks/infrastructure/observability"
  releases      = { for name, one in local.releases : name => one if var.install_releases }
}

output "key_vault_id" {
  description = "For the environments of the other clusters."
  value       = module.observability_central.key_vault_id
}
