variable "cluster" {
  description = "The fleet's name of the ops cluster."
  type        = string
}

variable "cluster_resource_name" {
  description = "What the cluster is called in Azure."
  type        = string
}

variable "location" {
  description = "Azure's name of the region."
  type        = string
}

variable "address_space" {
  description = "Of the ops cluster's network; it must overlap with no workload cluster's."
  type        = string
}

variable "workload_networks" {
  description = "Networks of the workload clusters, by cluster: they are peered, and find the doors by name."
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

variable "node_size" {
  description = "Size of a node."
  type        = string
  default     = "Standard_D8ds_v5"
}

variable "nodes" {
  description = "How many nodes the autoscaler keeps."
  type = object({
    min = number
    max = number
  })
  default = {
    min = 3
    max = 12
  }
}

variable "storage_account" {
  description = "The account of blocks, chunks and traces, as the values name it."
  type        = string
  default     = "stlgtmopsuaenorth"
}

variable "replication" {
  description = "How the account is replicated: GRS and GZRS keep a copy in the paired region."
  type        = string
  default     = "GRS"
}

variable "key_vault" {
  description = "The vault that External Secrets reads, as the tree names it."
  type        = string
  default     = "kv-lgtm-ops-uaenorth"
}

variable "grafana_database_password" {
  description = "Of Grafana's user. It is in no state: put it into the vault too."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "grafana_database_password_version" {
  description = "Count it up with each new password."
  type        = number
  default     = 1
}

variable "values_folder" {
  description = "Where the values of the releases are: the cluster's folder in the tree."
  type        = string
}

variable "install_releases" {
  description = "True where no Flux installs the releases."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Of everything that has tags."
  type        = map(string)
  default     = {}
}
