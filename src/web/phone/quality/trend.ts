/* Whether a call is about to sound bad: it does no longer sound good, or gets worse so fast that it
   soon will not. */
import { FAIR_MOS, GOOD_MOS } from './voice-quality';

/** Well above the line, so that it is not told again and again. */
const RECOVERED_MOS = 4.1;
/** So many seconds in a row make sure of it. */
const CONFIRM_S = 3;
/** Over so many seconds a trend is measured, and so many ahead it is followed. */
const TREND_S = 5;
const LOOK_AHEAD_S = 10;

export class QualityTrend {
  #recent: readonly number[] = [];
  #isBad = false;

  /** Whether it is bad or about to be. To be called once a second.
      @param mos Null where nothing is measured: then nothing changes. */
  add(mos: number | null): boolean {
    if (mos !== null) {
      this.#recent = [...this.#recent, mos].slice(-TREND_S);
      const last = this.#recent.slice(-CONFIRM_S);
      if (last.length === CONFIRM_S && last.every((one) => one < GOOD_MOS)) {
        this.#isBad = true;
      } else if (last.every((one) => one >= RECOVERED_MOS)) {
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
    if (first === undefined || last === undefined || this.#recent.length < TREND_S) {
      return false;
    }
    const perSecond = (last - first) / (TREND_S - 1);
    return last < RECOVERED_MOS && last + LOOK_AHEAD_S * perSecond < FAIR_MOS;
  }
}
