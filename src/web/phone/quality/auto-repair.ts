/* Repairs the faults that the detector has found, one repair step after the other, and shows each.
   Called once a second: a step is tried, then the detector shows whether it helped, then the next
   one is tried. */
import type { Finding, RepairAttempt } from '../model/state';
import type { Cause } from '../model/causes';
import type { Fault } from './fault-detector';
import { faultText, repairedText } from './fault-texts';

export interface RepairStep {
  /** What is done, as `Taking the microphone again`. */
  readonly name: string;
  /** Milliseconds until it shows whether it helped. */
  readonly effectMs: number;
  /** Whether it was done; why it cannot be, where that is known. */
  run(): Promise<boolean | Cause>;
}

export interface AutoRepairDeps {
  now(): number;
  /** What can be tried, the gentlest first. */
  repairSteps(fault: Fault): readonly RepairStep[];
  /** Ms that this fault is only told before something is tried: others are at work. */
  delayMs(fault: Fault): number;
}

/** How often the same fault is repaired in one call. */
const MAX_ROUNDS = 2;
/** Milliseconds that a success is told. */
const SUCCESS_SHOWN_MS = 6_000;

interface Repair {
  readonly fault: Fault;
  readonly repairSteps: readonly RepairStep[];
  /** Nothing is tried before. */
  next: number;
  finding: Finding;
}

export class AutoRepair {
  readonly #deps: AutoRepairDeps;
  readonly #earlier: readonly Finding[];
  readonly #rounds = new Map<Fault, number>();
  #repairs: readonly Repair[] = [];
  #running = false;

  /** @param earlier What was found of the same call before, by another page. */
  constructor(deps: AutoRepairDeps, earlier: readonly Finding[] = []) {
    this.#deps = deps;
    this.#earlier = earlier.map((finding) => ({ ...finding, state: 'over' }));
  }

  /** All that was found in this call, in its order. */
  get findings(): readonly Finding[] {
    return [...this.#earlier, ...this.#repairs.map(({ finding }) => finding)];
  }

  /** @param may Whether something may be tried now. */
  tick(faults: readonly Fault[], certain: boolean, may: boolean): void {
    const now = this.#deps.now();
    for (const one of this.#repairs) {
      if (isPresent(one) && certain && !faults.includes(one.fault)) {
        this.#end(one, now);
      } else if (one.finding.state === 'mended' && now >= one.next) {
        one.finding = { ...one.finding, state: 'over' };
      }
    }
    for (const fault of faults) {
      if (!this.#repairs.some((one) => isPresent(one) && one.fault === fault)) {
        this.#begin(fault, now);
      }
    }
    const first = this.#repairs.find(({ finding }) => finding.state === 'mending');
    if (first !== undefined && may && !this.#running && now >= first.next) {
      void this.#step(first);
    }
  }

  /** Nothing can be told at the moment: the call is held, say. */
  pause(): void {
    for (const one of this.#repairs.filter(isPresent)) {
      one.finding = { ...one.finding, state: 'over' };
    }
  }

  #begin(fault: Fault, now: number): void {
    const round = (this.#rounds.get(fault) ?? 0) + 1;
    this.#rounds.set(fault, round);
    const repairSteps = round > MAX_ROUNDS ? [] : this.#deps.repairSteps(fault);
    const words = faultText(fault);
    const finding: Finding = {
      code: fault,
      at: now,
      fault: words.text,
      ...words,
      state: repairSteps.length === 0 ? 'open' : 'mending',
      steps: [],
    };
    const next = now + this.#deps.delayMs(fault);
    this.#repairs = [...this.#repairs, { fault, repairSteps, next, finding }];
  }

  async #step(one: Repair): Promise<void> {
    this.#setLastResult(one, 'vain');
    const remedy = one.repairSteps[one.finding.steps.length];
    if (remedy === undefined) {
      one.finding = { ...one.finding, state: 'open' };
      return;
    }
    const step: RepairAttempt = { name: remedy.name, result: 'trying' };
    one.finding = { ...one.finding, steps: [...one.finding.steps, step] };
    this.#running = true;
    const done = await remedy.run().catch(() => false);
    this.#running = false;
    if (done === true) {
      one.next = this.#deps.now() + remedy.effectMs;
      return;
    }
    this.#setLastResult(one, 'vain');
    if (done !== false) {
      // A better reason than what was guessed.
      one.finding = { ...one.finding, remedy: `${done.text}. ${done.remedy}` };
    }
  }

  #end(one: Repair, now: number): void {
    const tried = one.finding.steps.at(-1);
    if (tried?.result === 'trying') {
      this.#setLastResult(one, 'helped');
    }
    one.next = now + SUCCESS_SHOWN_MS;
    one.finding = {
      ...one.finding,
      state: 'mended',
      text: repairedText(one.fault),
      remedy: tried?.result === 'trying' ? `What helped: ${tried.name}.` : '',
    };
  }

  #setLastResult(one: Repair, result: RepairAttempt['result']): void {
    const steps = one.finding.steps.map((step) =>
      step.result === 'trying' ? { ...step, result } : step,
    );
    one.finding = { ...one.finding, steps };
  }
}

/** Still to be told as a fault. */
function isPresent({ finding }: Repair): boolean {
  return finding.state === 'mending' || finding.state === 'open';
}
