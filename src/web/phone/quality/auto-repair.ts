/* Repairs the faults that the detector has found, one repair step after the other, and shows each.
   Called once a second: a step is tried, then the detector shows whether it helped, then the next
   repair is tried. */
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
    for (const repair of this.#repairs) {
      if (isPresent(repair) && certain && !faults.includes(repair.fault)) {
        this.#end(repair, now);
      } else if (repair.finding.state === 'mended' && now >= repair.next) {
        repair.finding = { ...repair.finding, state: 'over' };
      }
    }
    for (const fault of faults) {
      if (!this.#repairs.some((repair) => isPresent(repair) && repair.fault === fault)) {
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
    for (const repair of this.#repairs.filter(isPresent)) {
      repair.finding = { ...repair.finding, state: 'over' };
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

  async #step(repair: Repair): Promise<void> {
    this.#setLastResult(repair, 'vain');
    const remedy = repair.repairSteps[repair.finding.steps.length];
    if (remedy === undefined) {
      repair.finding = { ...repair.finding, state: 'open' };
      return;
    }
    const step: RepairAttempt = { name: remedy.name, result: 'trying' };
    repair.finding = { ...repair.finding, steps: [...repair.finding.steps, step] };
    this.#running = true;
    const done = await remedy.run().catch(() => false);
    this.#running = false;
    if (done === true) {
      repair.next = this.#deps.now() + remedy.effectMs;
      return;
    }
    this.#setLastResult(repair, 'vain');
    if (done !== false) {
      // The cause of the failed step is more precise than the likely cause of the fault.
      repair.finding = { ...repair.finding, remedy: `${done.text}. ${done.remedy}` };
    }
  }

  #end(repair: Repair, now: number): void {
    const tried = repair.finding.steps.at(-1);
    if (tried?.result === 'trying') {
      this.#setLastResult(repair, 'helped');
    }
    repair.next = now + SUCCESS_SHOWN_MS;
    repair.finding = {
      ...repair.finding,
      state: 'mended',
      text: repairedText(repair.fault),
      remedy: tried?.result === 'trying' ? `What helped: ${tried.name}.` : '',
    };
  }

  #setLastResult(repair: Repair, result: RepairAttempt['result']): void {
    const steps = repair.finding.steps.map((step) =>
      step.result === 'trying' ? { ...step, result } : step,
    );
    repair.finding = { ...repair.finding, steps };
  }
}

/** Whether the finding is still shown as a fault. */
function isPresent({ finding }: Repair): boolean {
  return finding.state === 'mending' || finding.state === 'open';
}
