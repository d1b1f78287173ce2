/* Whether a call is about to sound bad: it does no longer sound good, or gets worse so fast that it
   soon will not. */
import { FAIR_MOS, GOOD_MOS } from './voice-quality';

/** Well above the line, so that it is not told again and again. */
const RECOVERED = 4.1;
/** So many seconds in a row make sure of it. */
const SURE = 3;
/** Over so many seconds a trend is measured, and so many ahead it is followed. */
const TREND = 5;
const AHEAD = 10;

export class Outlook {
  #recent: readonly number[] = [];
  #isBad = false;

  /** Whether it is bad or about to be. To be called once a second.
      @param mos Null where nothing is measured: then nothing changes. */
  add(mos: number | null): boolean {
    if (mos !== null) {
      this.#recent = [...this.#recent, mos].slice(-TREND);
      const last = this.#recent.slice(-SURE);
      if (last.length === SURE && last.every((one) => one < GOOD_MOS)) {
        this.#isBad = true;
      } else if (last.every((one) => one >= RECOVERED)) {
        this.#isBad = false;
      }
      this.#isBad ||= this.#willBeBad();
    }
    return this.#isBad;
  }

  /** What was is no measure any more: another connection, say. */
  restart(): void {
    this.#recent = [];
    this.#isBad = false;
  }

  #willBeBad(): boolean {
    const first = this.#recent[0];
    const last = this.#recent.at(-1);
    if (first === undefined || last === undefined || this.#recent.length < TREND) {
      return false;
    }
    const perSecond = (last - first) / (TREND - 1);
    return last < RECOVERED && last + AHEAD * perSecond < FAIR_MOS;
  }
}
