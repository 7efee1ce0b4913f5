# Keeping wins over deleting. Tags are not immutable: the policies could not delete what is tagged.
resource "google_artifact_registry_repository" "images" {
  project                = var.project_id
  location               = var.region
  repository_id          = local.images
  format                 = "DOCKER"
  description            = "Images of cloudrun-perf"
  cleanup_policy_dry_run = false
  depends_on             = [google_project_service.api]

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      tag_state  = "ANY"
      older_than = local.image_policies.delete_after
    }
  }

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = local.image_policies.keep_versions
    }
  }

  cleanup_policies {
    id     = "keep-tagged"
    action = "KEEP"

    condition {
      tag_state    = "TAGGED"
      tag_prefixes = local.image_policies.keep_tags
    }
  }
}
