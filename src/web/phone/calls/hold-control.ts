/* Hold and resume. Each needs the other side's agreement, so the wish is kept apart from what is
   true; one request at a time works from the second to the first. */
import type { Lines } from '../lines/lines';

export class HoldControl {
  readonly #lines: Lines;
  readonly #wanted = new Map<number, boolean>();

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** Wishes a line held or not; the last wish counts. */
  want(id: number, held: boolean): void {
    if (this.#lines.find(id)?.state !== 'active') {
      return;
    }
    const underWay = this.#wanted.has(id);
    this.#wanted.set(id, held);
    if (!underWay && this.#canRenegotiate(id)) {
      void this.#renegotiate(id);
    }
  }

  /** The call behind a line is a new one, which nobody holds: the line was held before, or not. */
  restore(id: number, held: boolean): void {
    const wish = this.#wanted.get(id) ?? held;
    this.#wanted.delete(id);
    if (wish) {
      this.want(id, true);
    }
  }

  /** Brings a line to the front, and lets only that one speak. */
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

  /** While a call is being rescued, nothing is sent in it: the wish waits. */
  #canRenegotiate(id: number): boolean {
    return this.#lines.find(id)?.rescue === 'none';
  }

  async #renegotiate(id: number): Promise<void> {
    let held = this.#lines.find(id)?.hold === 'held';
    let wish = this.#wanted.get(id);
    while (
      wish !== undefined &&
      wish !== held &&
      this.#canRenegotiate(id) &&
      this.#lines.find(id)?.transfer?.state !== 'handed-over'
    ) {
      this.#lines.change(id, { hold: wish ? 'holding' : 'resuming' });
      const call = this.#lines.call(id);
      const agreed = (await (wish ? call?.hold() : call?.resume())) ?? false;
      held = agreed ? wish : held;
      this.#lines.change(id, { hold: held ? 'held' : 'no' });
      // What was refused is not tried again, unless the person has changed their mind.
      wish = agreed || this.#wanted.get(id) !== wish ? this.#wanted.get(id) : undefined;
    }
    if (this.#canRenegotiate(id)) {
      this.#wanted.delete(id);
    }
  }
}
