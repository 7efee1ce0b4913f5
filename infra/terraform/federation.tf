# Which jobs of GitHub may come in. No key exists anywhere.
resource "google_iam_workload_identity_pool" "pool" {
  project                   = var.project_id
  workload_identity_pool_id = local.pool
  display_name              = local.pool
  depends_on                = [google_project_service.api]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.pool.workload_identity_pool_id
  workload_identity_pool_provider_id = "github-${var.repository_id}"
  attribute_mapping                  = local.attribute_mapping
  attribute_condition                = local.condition

  oidc {
    issuer_uri = local.issuer
  }
}

locals {
  condition_name = join("_of_", compact([
    var.environment_only ? "environment" : "jobs",
    var.repository_owner_id == null ? "" : "owner",
  ]))
  condition = local.conditions[local.condition_name]
}
