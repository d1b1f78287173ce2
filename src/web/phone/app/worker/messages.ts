/* What page and service worker say to each other. Types only: the worker is one file. */

/** From the page: a call rings while the page is out of sight. */
export interface Ring {
  readonly kind: 'ring';
  /** Names the call, and comes back with what was chosen. */
  readonly tag: string;
  readonly title: string;
  readonly body: string;
}

/** From the page: it rings no more, or the page is in sight. */
export interface Quiet {
  readonly kind: 'quiet';
  readonly tag: string;
}

/** From the worker: what was chosen on the notification; `open` for a click beside the actions. */
export interface Chosen {
  readonly kind: 'chosen';
  readonly tag: string;
  readonly action: 'answer' | 'decline' | 'open';
}
