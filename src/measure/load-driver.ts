import type { BlockSettings, LoadBlock, LoadOrigin, LoadRecording } from '../domain/load.ts';
import type { MeasuredProtocol } from './target.ts';

export interface LoadInput {
  /** Taken one after the other, in this order. */
  readonly blocks: readonly LoadBlock[];
  readonly protocol: MeasuredProtocol;
  readonly warm: BlockSettings;
  readonly requestTimeoutMs: number;
}

/** What came of one block. `missing`: parts of it were not recorded, and why; what is there is no whole block then. */
export interface BlockOutcome {
  readonly id: string;
  readonly recording?: LoadRecording;
  readonly missing?: string;
}

/** Makes warm load: from this machine, or from tasks of a job. */
export interface LoadDriver {
  readonly from: LoadOrigin;
  /** Processes that share each block; 1 on this machine. */
  readonly tasks: number;
  /** One outcome for each block, in their order. Rejects with the signal's reason on abort. */
  run(input: LoadInput, signal?: AbortSignal): Promise<readonly BlockOutcome[]>;
}
