/** A notice about the whole phone, with an action if there is one. */
export interface Notice {
  readonly text: string;
  readonly action?: string;
  readonly press?: () => void;
}
