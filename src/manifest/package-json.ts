/** What an npm package says of itself, as far as it says it in the right form. */
export interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>;
  /** Needed to run, with their version ranges. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly workspaces: boolean;
}

/** undefined for what is no JSON object. */
export function readPackageJson(text: string): PackageJson | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
  const members = found as Readonly<Record<string, unknown>>;
  return {
    scripts: texts(members.scripts),
    dependencies: {
      ...texts(members.dependencies),
      ...texts(members.optionalDependencies),
      ...texts(members.peerDependencies),
    },
    devDependencies: texts(members.devDependencies),
    workspaces: members.workspaces !== undefined,
  };
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, one]) => typeof one === 'string'));
}
