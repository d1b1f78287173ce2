/* Mends what the judge has found, step by step, and says each. It looks once a second: a step is
   tried, then it is watched whether that helped, then comes the next one. */
import type { Finding, MendingStep } from '../model/state';
import type { Cause } from '../model/causes';
import type { Fault } from './fault-detector';
import { foundWords, mendedText } from './fault-texts';

export interface Remedy {
  /** What is done, as `Taking the microphone again`. */
  readonly name: string;
  /** Milliseconds until it shows whether it helped. */
  readonly patience: number;
  /** Whether it was done; why it cannot be, where that is known. */
  run(): Promise<boolean | Cause>;
}

export interface MenderMeans {
  now(): number;
  /** What can be tried, the gentlest first. */
  remedies(fault: Fault): readonly Remedy[];
  /** Ms that this fault is only told before something is tried: others are at work. */
  delay(fault: Fault): number;
}

/** What a fault is mended at most, in one call. */
const MOST_ROUNDS = 2;
/** Milliseconds that a success is told. */
const TOLD = 6_000;

interface Case {
  readonly fault: Fault;
  readonly remedies: readonly Remedy[];
  /** Nothing is tried before. */
  next: number;
  finding: Finding;
}

export class Mender {
  readonly #means: MenderMeans;
  readonly #earlier: readonly Finding[];
  readonly #rounds = new Map<Fault, number>();
  #cases: readonly Case[] = [];
  #running = false;

  /** @param earlier What was found of the same call before, by another page. */
  constructor(means: MenderMeans, earlier: readonly Finding[] = []) {
    this.#means = means;
    this.#earlier = earlier.map((finding) => ({ ...finding, state: 'over' }));
  }

  /** All that was found in this call, in its order. */
  get findings(): readonly Finding[] {
    return [...this.#earlier, ...this.#cases.map(({ finding }) => finding)];
  }

  /** @param may Whether something may be tried now. */
  tick(faults: readonly Fault[], certain: boolean, may: boolean): void {
    const now = this.#means.now();
    for (const one of this.#cases) {
      if (isPresent(one) && certain && !faults.includes(one.fault)) {
        this.#end(one, now);
      } else if (one.finding.state === 'mended' && now >= one.next) {
        one.finding = { ...one.finding, state: 'over' };
      }
    }
    for (const fault of faults) {
      if (!this.#cases.some((one) => isPresent(one) && one.fault === fault)) {
        this.#begin(fault, now);
      }
    }
    const first = this.#cases.find(({ finding }) => finding.state === 'mending');
    if (first !== undefined && may && !this.#running && now >= first.next) {
      void this.#step(first);
    }
  }

  /** Nothing can be told at the moment: the call is held, say. */
  pause(): void {
    for (const one of this.#cases.filter(isPresent)) {
      one.finding = { ...one.finding, state: 'over' };
    }
  }

  #begin(fault: Fault, now: number): void {
    const round = (this.#rounds.get(fault) ?? 0) + 1;
    this.#rounds.set(fault, round);
    const remedies = round > MOST_ROUNDS ? [] : this.#means.remedies(fault);
    const words = foundWords(fault);
    const finding: Finding = {
      code: fault,
      at: now,
      fault: words.text,
      ...words,
      state: remedies.length === 0 ? 'open' : 'mending',
      steps: [],
    };
    const next = now + this.#means.delay(fault);
    this.#cases = [...this.#cases, { fault, remedies, next, finding }];
  }

  async #step(one: Case): Promise<void> {
    this.#judgeLast(one, 'vain');
    const remedy = one.remedies[one.finding.steps.length];
    if (remedy === undefined) {
      one.finding = { ...one.finding, state: 'open' };
      return;
    }
    const step: MendingStep = { name: remedy.name, result: 'trying' };
    one.finding = { ...one.finding, steps: [...one.finding.steps, step] };
    this.#running = true;
    const done = await remedy.run().catch(() => false);
    this.#running = false;
    if (done === true) {
      one.next = this.#means.now() + remedy.patience;
      return;
    }
    this.#judgeLast(one, 'vain');
    if (done !== false) {
      // A better reason than what was guessed.
      one.finding = { ...one.finding, remedy: `${done.text}. ${done.remedy}` };
    }
  }

  #end(one: Case, now: number): void {
    const tried = one.finding.steps.at(-1);
    if (tried?.result === 'trying') {
      this.#judgeLast(one, 'helped');
    }
    one.next = now + TOLD;
    one.finding = {
      ...one.finding,
      state: 'mended',
      text: mendedText(one.fault),
      remedy: tried?.result === 'trying' ? `What helped: ${tried.name}.` : '',
    };
  }

  #judgeLast(one: Case, result: MendingStep['result']): void {
    const steps = one.finding.steps.map((step) =>
      step.result === 'trying' ? { ...step, result } : step,
    );
    one.finding = { ...one.finding, steps };
  }
}

/** Still to be told as a fault. */
function isPresent({ finding }: Case): boolean {
  return finding.state === 'mending' || finding.state === 'open';
}
