/** One finding of what a run needs: it is there, it is not, or that cannot be told from here. */
export interface Check {
  /** Stable, for machines: `api-run`. */
  readonly id: string;
  /** What was looked at: "API run.googleapis.com". */
  readonly subject: string;
  readonly state: 'ok' | 'problem' | 'unknown';
  readonly found: string;
  /** Of a problem, and of what cannot be told: what to do. */
  readonly hint?: string;
}
