locals {
  members = merge(
    { for name, account in google_service_account.account : name => "serviceAccount:${account.email}" },
    { jobs = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.pool.name}/attribute.repository_id/${var.repository_id}" },
  )
  grants = {
    for binding in local.bindings : "${binding.member} ${binding.role} ${binding.on}" => {
      on     = binding.on
      member = local.members[binding.member]
      role   = startswith(binding.role, "roles/") ? binding.role : google_project_iam_custom_role.role[binding.role].name
    }
  }
}

resource "google_project_iam_member" "grant" {
  for_each = { for name, grant in local.grants : name => grant if grant.on == "project" }

  project = var.project_id
  role    = each.value.role
  member  = each.value.member
}

resource "google_service_account_iam_member" "grant" {
  for_each = { for name, grant in local.grants : name => grant if contains(keys(local.accounts), grant.on) }

  service_account_id = google_service_account.account[each.value.on].name
  role               = each.value.role
  member             = each.value.member
}

resource "google_artifact_registry_repository_iam_member" "grant" {
  for_each = { for name, grant in local.grants : name => grant if grant.on == "images" }

  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = each.value.role
  member     = each.value.member
}

resource "google_storage_bucket_iam_member" "grant" {
  for_each = { for name, grant in local.grants : name => grant if grant.on == "results" }

  bucket = google_storage_bucket.results.name
  role   = each.value.role
  member = each.value.member
}

resource "google_pubsub_topic_iam_member" "grant" {
  for_each = merge([
    for topic in local.topics : {
      for name, grant in local.grants : "${name} ${topic}" => merge(grant, { topic = topic }) if grant.on == "topics"
    }
  ]...)

  project = var.project_id
  topic   = google_pubsub_topic.topic[each.value.topic].name
  role    = each.value.role
  member  = each.value.member
}
