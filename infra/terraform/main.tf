# What cloudrun-perf needs in a project. The tables (APIs, roles, rights, policies) are in tables.tf.json, which is
# generated from the source of "cloudrun-perf setup": both do the same. docs/gcp-setup.md explains each part.

resource "google_project_service" "api" {
  for_each = toset(local.apis)

  project            = var.project_id
  service            = each.value
  disable_on_destroy = false
}

resource "google_service_account" "account" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = each.value.id
  display_name = each.value.title
  depends_on   = [google_project_service.api]
}

resource "google_project_iam_custom_role" "role" {
  for_each = local.roles

  project     = var.project_id
  role_id     = each.value.id
  title       = each.value.title
  permissions = each.value.permissions
  stage       = "GA"
  depends_on  = [google_project_service.api]
}

resource "google_pubsub_topic" "topic" {
  for_each = toset(local.topics)

  project    = var.project_id
  name       = each.value
  depends_on = [google_project_service.api]
}
