import { plainStep } from '../contract/benchmark-check.ts';
import type { LoadedContract } from '../contract/contract.ts';
import type { BenchmarkStep } from '../contract/contract-file.ts';
import type { RequestSigner } from '../contract/signing.ts';
import { kindOf } from '../contract/steps/registry.ts';
import type { LoadAnswer, LoadCall, LoadStep } from '../contract/steps/step-kind.ts';
import type { Scope } from '../contract/template.ts';

/** A step as load sends it. Throws TypeError for a kind that cannot be load; loading the contract refuses those. */
export function loadStep(step: BenchmarkStep, contract: LoadedContract, signer: RequestSigner): LoadStep {
  const plain = plainStep(step);
  const kind = kindOf(plain);
  if (kind.load === undefined) throw new TypeError(`steps of kind ${kind.name} make no load`);
  return kind.load(plain as never, contract, signer);
}

const UNIQUE = /\{\{\$uuid\}\}/;

/** The calls of one step: made once a second, since signatures age, or each anew where each is to be another. */
class Calls {
  readonly #step: LoadStep;
  readonly #scope: Scope;
  readonly #unique: boolean;
  #second = Number.NaN;
  #call: LoadCall | undefined;
  /** Nearly every right answer is the same bytes; judging is for those that look different. */
  #right: LoadAnswer | undefined;

  constructor(step: BenchmarkStep, contract: LoadedContract, signer: RequestSigner, scope: Scope) {
    this.#step = loadStep(step, contract, signer);
    this.#scope = scope;
    this.#unique = UNIQUE.test(JSON.stringify(step));
  }

  at(nowMs: number): LoadCall {
    const second = Math.floor(nowMs / 1000);
    if (this.#call !== undefined && second === this.#second && !this.#unique) return this.#call;
    this.#second = second;
    const { request, isCorrect } = this.#step({ scope: this.#scope, nowMs });
    this.#call = { request, isCorrect: (answer) => this.#isCorrect(answer, isCorrect) };
    return this.#call;
  }

  #isCorrect(answer: LoadAnswer, judge: LoadCall['isCorrect']): boolean {
    // What is right for one of the unique requests need not be right for another.
    const right = this.#unique ? undefined : this.#right;
    if (right !== undefined && isSame(right, answer)) return true;
    if (!judge(answer)) return false;
    this.#right = answer;
    return true;
  }
}

function isSame(a: LoadAnswer, b: LoadAnswer): boolean {
  return (
    a.status === b.status &&
    a.grpcCode === b.grpcCode &&
    a.contentType === b.contentType &&
    a.body.length === b.body.length &&
    Buffer.compare(a.body, b.body) === 0
  );
}

/**
 * The warm requests of a benchmark in the proportions of their weights, spread evenly (smooth weighted round robin): the
 * same order each time, so that two sides get the same load.
 */
export function loadMix(
  contract: LoadedContract,
  signer: RequestSigner,
  scope: Scope = new Map(),
): (nowMs: number) => LoadCall {
  const steps = contract.benchmark?.warm ?? [];
  const entries = steps.map((step) => ({
    weight: step.weight ?? 1,
    current: 0,
    calls: new Calls(step, contract, signer, scope),
  }));
  const [first] = entries;
  if (first === undefined) throw new TypeError(`the contract ${contract.type} has no benchmark`);
  if (entries.length === 1) return (nowMs) => first.calls.at(nowMs);
  const total = entries.reduce((sum, { weight }) => sum + weight, 0);
  return (nowMs) => {
    let chosen = first;
    for (const entry of entries) {
      entry.current += entry.weight;
      if (entry.current > chosen.current) chosen = entry;
    }
    chosen.current -= total;
    return chosen.calls.at(nowMs);
  };
}
