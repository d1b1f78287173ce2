/* The trend of a call's quality: bad if it is no longer good, or falls so fast that it soon will
   not be. */
import { FAIR_MOS, GOOD_MOS } from './voice-quality';

/** Clearly above the limit of good quality, to avoid repeated warnings. */
const RECOVERED_MOS = 4.1;
/** Number of seconds in a row that confirm a change. */
const CONFIRM_S = 3;
/** Number of seconds over which the trend is measured, and for which it is extrapolated. */
const TREND_S = 5;
const LOOK_AHEAD_S = 10;

export class QualityTrend {
  #recent: readonly number[] = [];
  #isBad = false;

  /** Whether the quality is bad or about to be. To be called once a second.
      @param mos Null where nothing is measured: then the result stays the same. */
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

  /** Discards the measured seconds, for example because of another connection. */
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
