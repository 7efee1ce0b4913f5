/** A deployment profile: every field that Cloud Run would otherwise choose by itself is explicit. */
export interface Profile {
  readonly name: string;
  /** vCPU as Cloud Run writes it: "1", "2", "0.5". */
  readonly cpu: string;
  /** Memory limit as Cloud Run writes it: "512Mi", "1Gi". */
  readonly memory: string;
  /** Requests that one instance serves at a time. */
  readonly concurrency: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly executionEnvironment: 'gen1' | 'gen2';
  readonly startupCpuBoost: boolean;
  /** True: request-based billing, CPU only while a request runs. */
  readonly cpuIdle: boolean;
  readonly timeoutMs: number;
}
