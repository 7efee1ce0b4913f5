# No versions: soft deletion brings back what was deleted or overwritten, and the runner cannot purge it.
resource "google_storage_bucket" "results" {
  project                     = var.project_id
  name                        = coalesce(var.bucket, "${var.project_id}-cloudrun-perf")
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false
  depends_on                  = [google_project_service.api]

  versioning {
    enabled = false
  }

  soft_delete_policy {
    retention_duration_seconds = local.results_policies.soft_delete_seconds
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age            = local.results_policies.expire_after_days
      matches_prefix = local.results_policies.expiring_prefixes
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }

    condition {
      age = 7
    }
  }
}
