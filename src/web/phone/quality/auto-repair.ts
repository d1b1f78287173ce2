/* Repairs the faults that the detector has found, one repair step after the other, and shows each.
   Called once a second: a step is tried, then the detector shows whether it helped, then the next
   one is tried. */
import type { Finding, RepairAttempt } from '../model/state';
import type { Cause } from '../model/causes';
import type { Fault } from './fault-detector';
import { faultText, repairedText } from './fault-texts';

export interface RepairStep {
  /** What the step does, for example `Taking the microphone again`. */
  readonly name: string;
  /** Milliseconds until the step shows its effect. */
  readonly effectMs: number;
  /** Runs the step; returns whether it was done, or the cause if it is known why not. */
  run(): Promise<boolean | Cause>;
}

export interface AutoRepairDeps {
  now(): number;
  /** The repair steps for a fault, the least disruptive first. */
  repairSteps(fault: Fault): readonly RepairStep[];
  /** Delay before the first repair step for a fault, in ms: the fault may end by itself. */
  delayMs(fault: Fault): number;
}

/** How often the same fault is repaired in one call. */
const MAX_ROUNDS = 2;
/** How long a success is shown, in milliseconds. */
const SUCCESS_SHOWN_MS = 6_000;

interface Repair {
  readonly fault: Fault;
  readonly repairSteps: readonly RepairStep[];
  /** Time before which no step is tried; after a success, the time until which it is shown. */
  next: number;
  finding: Finding;
}

export class AutoRepair {
  readonly #deps: AutoRepairDeps;
  readonly #earlier: readonly Finding[];
  readonly #rounds = new Map<Fault, number>();
  #repairs: readonly Repair[] = [];
  #running = false;

  /** @param earlier Findings of another page for the same call. */
  constructor(deps: AutoRepairDeps, earlier: readonly Finding[] = []) {
    this.#deps = deps;
    this.#earlier = earlier.map((finding) => ({ ...finding, state: 'over' }));
  }

  /** All findings of this call, in order of detection. */
  get findings(): readonly Finding[] {
    return [...this.#earlier, ...this.#repairs.map(({ finding }) => finding)];
  }

  /** @param may Whether a repair step may be tried now. */
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

  /** Stops showing the faults, because they cannot be measured now (the call is held, for example). */
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
      // The cause of the failed step is more precise than the likely cause of the fault.
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

/** Whether the finding is still shown as a fault. */
function isPresent({ finding }: Repair): boolean {
  return finding.state === 'mending' || finding.state === 'open';
}
