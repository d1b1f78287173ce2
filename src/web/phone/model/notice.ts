/** What concerns the whole phone, and the one thing to do about it, if there is one. */
export interface Notice {
  readonly text: string;
  readonly action?: string;
  readonly press?: () => void;
}
