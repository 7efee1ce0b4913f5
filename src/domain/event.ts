/** What a run tells the outside while it goes. */
export const EVENT_TYPES = [
  'run.started',
  'run.finished',
  'run.failed',
  'run.cancelled',
  'regression.found',
  'contract.failed',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** A lifecycle event of a run: facts only, in plain JSON. Texts in it may come from services and pull requests. */
export interface RunEvent {
  readonly type: EventType;
  /** Unique; the same in every attempt to deliver it. Letters, digits, `-` and `_`. */
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly runId: string;
  /** `owner/name`, or who runs it outside CI. */
  readonly repository: string;
  /** Of the workflow run, where there is one. */
  readonly url?: string;
  readonly pullRequest?: number;
  readonly commit?: string;
  readonly platform: string;
  readonly suite: string;
  /** Of `run.finished`: the worst verdict or state of the run. */
  readonly verdict?: string;
  /** Counts by verdict or state, such as `{ "regression": 1, "no change": 17 }`. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Of `regression.found` and `contract.failed`, and of the end of a run: what was found, one line each. */
  readonly findings?: readonly EventFinding[];
  /** How many more were found than `findings` lists. */
  readonly moreFindings?: number;
  /** Of `run.failed`: the message. */
  readonly message?: string;
}

export interface EventFinding {
  readonly serviceType: string;
  /** In a run with several profiles. */
  readonly profile?: string;
  readonly implementation: string;
  readonly kind: 'regression' | 'contract failed';
  /** `starts 31 % slower from zero (6.69 s → 8.77 s)`. */
  readonly text: string;
}
