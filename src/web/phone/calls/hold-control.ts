/* Hold and resume. Each needs the other side's agreement, so the wanted hold is stored apart from
   the actual one, and one request at a time changes the actual hold. */
import type { Lines } from '../lines/lines';

export class HoldControl {
  readonly #lines: Lines;
  readonly #wanted = new Map<number, boolean>();

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** Sets the wanted hold of a line; the last value counts. */
  want(id: number, held: boolean): void {
    if (this.#lines.find(id)?.state !== 'active') {
      return;
    }
    const isRunning = this.#wanted.has(id);
    this.#wanted.set(id, held);
    if (!isRunning && this.#canRenegotiate(id)) {
      void this.#renegotiate(id);
    }
  }

  /** Restores the hold of a line whose call was replaced by a new one, which is not held. */
  restore(id: number, held: boolean): void {
    const wanted = this.#wanted.get(id) ?? held;
    this.#wanted.delete(id);
    if (wanted) {
      this.want(id, true);
    }
  }

  /** Opens a line, resumes it and holds the others. */
  switchTo(id: number): void {
    this.#lines.open(id);
    this.holdOthers(id);
    this.want(id, false);
  }

  holdOthers(id: number): void {
    for (const other of this.#lines.active) {
      if (other.id !== id) {
        this.want(other.id, true);
      }
    }
  }

  /** During a rescue no request is sent in the call's dialog: the wanted hold is applied
      afterwards. */
  #canRenegotiate(id: number): boolean {
    return this.#lines.find(id)?.rescue === 'none';
  }

  async #renegotiate(id: number): Promise<void> {
    let held = this.#lines.find(id)?.hold === 'held';
    let wanted = this.#wanted.get(id);
    while (
      wanted !== undefined &&
      wanted !== held &&
      this.#canRenegotiate(id) &&
      this.#lines.find(id)?.transfer?.state !== 'handed-over'
    ) {
      this.#lines.change(id, { hold: wanted ? 'holding' : 'resuming' });
      const call = this.#lines.call(id);
      const agreed = (await (wanted ? call?.hold() : call?.resume())) ?? false;
      held = agreed ? wanted : held;
      this.#lines.change(id, { hold: held ? 'held' : 'no' });
      // A refused request is not repeated, unless the wanted hold has changed.
      wanted = agreed || this.#wanted.get(id) !== wanted ? this.#wanted.get(id) : undefined;
    }
    if (this.#canRenegotiate(id)) {
      this.#wanted.delete(id);
    }
  }
}
