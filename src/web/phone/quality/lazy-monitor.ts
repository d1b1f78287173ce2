/* What looks after the sound of calls: measures it, finds its faults and mends them. Loaded when
   the phone is registered, and until then the page is the lighter for it. */
import type { CareMeans, Measuring } from './monitor';
import type { Quality } from '../model/state';

export class Care {
  readonly #means: CareMeans;
  #measuring: Measuring | null = null;
  #loading = false;

  constructor(means: CareMeans) {
    this.#means = means;
  }

  /** To be called once registered, and again if it could not be loaded. */
  load(): void {
    if (!this.#loading) {
      this.#loading = true;
      import('./monitor').then(
        (module) => {
          this.#measuring = new module.Measuring(this.#means);
          this.keepUp();
        },
        () => {
          this.#loading = false;
        },
      );
    }
  }

  /** To be called after every change. */
  keepUp(): void {
    this.#measuring?.keepUp();
  }

  /** The whole call's quality, and the end of its measurement. */
  finish(id: number): Quality | null {
    return this.#measuring?.finish(id) ?? null;
  }
}
