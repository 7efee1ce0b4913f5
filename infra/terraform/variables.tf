variable "project_id" {
  description = "Google Cloud project that services are measured in. Best one of its own."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "Wanted is a project id of 6 to 30 lower case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region of the services, the images and the results."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "Wanted is a Google Cloud region such as us-central1."
  }
}

variable "repository" {
  description = "Service repository on GitHub that may use the project, as owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", var.repository))
    error_message = "Wanted is owner/name."
  }
}

variable "repository_id" {
  description = "GitHub's number of the repository: gh api repos/OWNER/NAME --jq .id"
  type        = string

  validation {
    condition     = can(regex("^[1-9][0-9]{0,17}$", var.repository_id))
    error_message = "Wanted is a number."
  }
}

variable "repository_owner_id" {
  description = "GitHub's number of the owner: gh api repos/OWNER/NAME --jq .owner.id. Null does not check it."
  type        = string
  default     = null

  validation {
    condition     = var.repository_owner_id == null || can(regex("^[1-9][0-9]{0,17}$", var.repository_owner_id))
    error_message = "Wanted is a number."
  }
}

variable "bucket" {
  description = "Bucket for results. Null makes the name of the project's id."
  type        = string
  default     = null

  validation {
    condition     = var.bucket == null || can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "Wanted is a bucket name without gs:// and without dots."
  }
}

variable "default_branch" {
  description = "Branch whose own workflows are trusted."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}$", var.default_branch))
    error_message = "Wanted is the name of one branch."
  }
}

variable "environment_only" {
  description = "Whether only jobs of the environment perf-cloud are let in."
  type        = bool
  default     = false
}
