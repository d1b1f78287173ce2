/* Hold and resume. Each needs the other side's agreement, so the wish is kept apart from what is
   true; one request at a time works from the second to the first. */
import type { Lines } from '../lines/lines';

export class Holding {
  readonly #lines: Lines;
  readonly #wishes = new Map<number, boolean>();

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** Wishes a line held or not; the last wish counts. */
  want(id: number, held: boolean): void {
    if (this.#lines.find(id)?.state !== 'active') {
      return;
    }
    const underWay = this.#wishes.has(id);
    this.#wishes.set(id, held);
    if (!underWay && this.#canAsk(id)) {
      void this.#work(id);
    }
  }

  /** The call behind a line is a new one, which nobody holds: the line was held before, or not. */
  restore(id: number, held: boolean): void {
    const wish = this.#wishes.get(id) ?? held;
    this.#wishes.delete(id);
    if (wish) {
      this.want(id, true);
    }
  }

  /** Brings a line to the front, and lets only that one speak. */
  focus(id: number): void {
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
  #canAsk(id: number): boolean {
    return this.#lines.find(id)?.rescue === 'none';
  }

  async #work(id: number): Promise<void> {
    let held = this.#lines.find(id)?.hold === 'held';
    let wish = this.#wishes.get(id);
    while (
      wish !== undefined &&
      wish !== held &&
      this.#canAsk(id) &&
      this.#lines.find(id)?.transfer?.state !== 'handed-over'
    ) {
      this.#lines.change(id, { hold: wish ? 'holding' : 'resuming' });
      const call = this.#lines.call(id);
      const agreed = (await (wish ? call?.hold() : call?.resume())) ?? false;
      held = agreed ? wish : held;
      this.#lines.change(id, { hold: held ? 'held' : 'no' });
      // What was refused is not tried again, unless the person has changed their mind.
      wish = agreed || this.#wishes.get(id) !== wish ? this.#wishes.get(id) : undefined;
    }
    if (this.#canAsk(id)) {
      this.#wishes.delete(id);
    }
  }
}
