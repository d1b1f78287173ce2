/* The messages between page and service worker. Types only: the worker is one file. */

/** From the page: a call rings while the page is hidden. */
export interface Ring {
  readonly kind: 'ring';
  /** Identifies the call, and is returned with the chosen action. */
  readonly tag: string;
  readonly title: string;
  readonly body: string;
}

/** From the page: the call stopped ringing, or the page is visible. */
export interface Quiet {
  readonly kind: 'quiet';
  readonly tag: string;
}

/** From the worker: the action chosen on the notification; `open` for a click beside the actions. */
export interface Chosen {
  readonly kind: 'chosen';
  readonly tag: string;
  readonly action: 'answer' | 'decline' | 'open';
}
