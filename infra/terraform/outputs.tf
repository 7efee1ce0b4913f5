output "GCP_PROJECT_ID" {
  description = "Variable of the repository on GitHub."
  value       = var.project_id
}

output "GCP_WORKLOAD_IDENTITY_PROVIDER" {
  description = "Variable of the repository on GitHub."
  value       = google_iam_workload_identity_pool_provider.github.name
}

output "GCP_SERVICE_ACCOUNT" {
  description = "Variable of the repository on GitHub."
  value       = google_service_account.account["runner"].email
}

output "artifact_registry" {
  description = "For gcp.artifact_registry of cloudrun-perf.yaml."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${local.images}"
}

output "results_bucket" {
  description = "For storage.results_bucket of cloudrun-perf.yaml."
  value       = "gs://${google_storage_bucket.results.name}"
}

output "service_account_of_services" {
  description = "For gcp.runtime_service_account in cloudrun-perf.yaml."
  value       = google_service_account.account["runtime"].email
}

output "service_account_of_load" {
  description = "For load.service_account in cloudrun-perf.yaml."
  value       = google_service_account.account["load"].email
}
