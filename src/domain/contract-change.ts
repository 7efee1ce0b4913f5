/** What a change of a contract does to those who honour it and to those who rely on it, the worst first. */
export const CHANGE_KINDS = ['breaking', 'compatible', 'documentation'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Version bumps, the smallest first. */
export const BUMPS = ['none', 'patch', 'minor', 'major'] as const;
export type Bump = (typeof BUMPS)[number];

/** One difference between two versions of a contract. Texts are bounded and printable. */
export interface ContractChange {
  readonly kind: ChangeKind;
  /** Relative to the contract's directory. */
  readonly file: string;
  /** JSON Pointer, name of a type or id of a vector; empty: the file as a whole. */
  readonly place: string;
  readonly message: string;
}

export interface ContractDiff {
  readonly type: string;
  /** MAJOR.MINOR.PATCH of either side. */
  readonly before: string;
  readonly after: string;
  /** The worst first, then by file and place. */
  readonly changes: readonly ContractChange[];
  readonly needed: Bump;
  /** `lower`: the version went down. */
  readonly made: Bump | 'lower';
  readonly enough: boolean;
}

const BUMP_OF: Readonly<Record<ChangeKind, Bump>> = { breaking: 'major', compatible: 'minor', documentation: 'patch' };

/** The bump that the worst of all changes asks for. */
export function bumpFor(changes: readonly Pick<ContractChange, 'kind'>[]): Bump {
  const worst = CHANGE_KINDS.find((kind) => changes.some((change) => change.kind === kind));
  return worst === undefined ? 'none' : BUMP_OF[worst];
}
