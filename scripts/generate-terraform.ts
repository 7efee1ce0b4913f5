/**
 * Writes infra/terraform/tables.tf.json from the table that the script of `cloudrun-perf setup` is made of, so that both
 * ways of setting up a project agree; with --check only compares. Usage: node scripts/generate-terraform.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ACCOUNTS,
  APIS,
  ATTRIBUTE_MAPPING,
  attributeCondition,
  BINDINGS,
  IMAGE_POLICIES,
  IMAGES,
  ISSUER,
  POOL,
  RESULTS_POLICIES,
  ROLES,
  TOPICS,
} from '../src/plan/gcp-setup.ts';

export const TABLES = join(import.meta.dirname, '..', 'infra', 'terraform', 'tables.tf.json');

/** The conditions with references to Terraform's variables in place of values. */
function condition(environmentOnly: boolean, withOwner: boolean): string {
  return attributeCondition({
    project: '',
    region: '',
    bucket: '',
    repository: `\${var.repository}`,
    repositoryId: `\${var.repository_id}`,
    ...(withOwner ? { ownerId: `\${coalesce(var.repository_owner_id, "none")}` } : {}),
    defaultBranch: `\${var.default_branch}`,
    environmentOnly,
  });
}

export function tables(): string {
  const locals = {
    apis: APIS,
    accounts: ACCOUNTS,
    roles: ROLES,
    bindings: BINDINGS.map(({ member, role, on }) => ({ member, role, on })),
    topics: TOPICS,
    pool: POOL,
    issuer: ISSUER,
    images: IMAGES,
    attribute_mapping: ATTRIBUTE_MAPPING,
    conditions: {
      jobs: condition(false, false),
      jobs_of_owner: condition(false, true),
      environment: condition(true, false),
      environment_of_owner: condition(true, true),
    },
    image_policies: {
      delete_after: `${IMAGE_POLICIES.deleteAfterSeconds}s`,
      keep_versions: IMAGE_POLICIES.keepVersions,
      keep_tags: IMAGE_POLICIES.keepTags,
    },
    results_policies: {
      expiring_prefixes: RESULTS_POLICIES.expiringPrefixes,
      expire_after_days: RESULTS_POLICIES.expireAfterDays,
      soft_delete_seconds: RESULTS_POLICIES.softDeleteSeconds,
    },
  };
  const note = 'Generated from src/plan/gcp-setup.ts: npm run terraform';
  return `${json({ '//': note, locals: [locals] }, '')}\n`;
}

const LINE = 120;

/** JSON as the formatter of this repository wants it: lists of texts stay on a line where they fit. */
function json(value: unknown, indent: string, used = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (!Array.isArray(value)) {
    const lines = Object.entries(value).map(([key, one]) => {
      const name = `${inner}${JSON.stringify(key)}: `;
      return `${name}${json(one, inner, name.length)}`;
    });
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  const scalars = value.every((one) => typeof one !== 'object');
  const line = `[${value.map((one) => JSON.stringify(one)).join(', ')}]`;
  if (scalars && used + line.length < LINE) return line;
  return `[\n${value.map((one) => `${inner}${json(one, inner)}`).join(',\n')}\n${indent}]`;
}

function main(args: readonly string[]): void {
  if (!args.includes('--check')) {
    writeFileSync(TABLES, tables());
  } else if (readFileSync(TABLES, 'utf8') !== tables()) {
    console.error('infra/terraform/tables.tf.json is not what src/plan/gcp-setup.ts gives: npm run terraform');
    process.exitCode = 1;
  }
}

if (import.meta.main) main(process.argv.slice(2));
