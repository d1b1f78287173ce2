/* The lines: what is seen of each, and the call behind it. */
import type { SipCall } from '../sip/edge';
import type { EndedCall, Line } from '../model/state';
import type { Store } from './store';

export class Lines {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #calls = new Map<number, SipCall>();
  #nextId = 1;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  get all(): readonly Line[] {
    return this.#store.state.lines;
  }

  /** Those whose two sides talk, or could if they were not held. */
  get active(): readonly Line[] {
    return this.all.filter((line) => line.state === 'active');
  }

  find(id: number): Line | undefined {
    return this.all.find((line) => line.id === id);
  }

  call(id: number): SipCall | undefined {
    return this.#calls.get(id);
  }

  /** The number that the next line will have. */
  reserve(): number {
    return this.#nextId++;
  }

  add(id: number, call: SipCall, part: Partial<Line>): void {
    const { direction } = call;
    const line = { ...newLine(id, call, this.#now()), ...part };
    this.#calls.set(id, call);
    const lines = [...this.all, line];
    // A second call that comes in waits beside the one that is open.
    const openLine = direction === 'out' || lines.length === 1 ? id : this.#store.state.openLine;
    this.#store.set({ lines, openLine });
  }

  change(id: number, part: Partial<Line>): void {
    if (this.find(id) !== undefined) {
      this.#store.set({
        lines: this.all.map((line) => (line.id === id ? { ...line, ...part } : line)),
      });
    }
  }

  /** A line of a call that was begun elsewhere: by another page, before a reload. */
  restore(line: Line): void {
    const { openLine } = this.#store.state;
    this.#store.set({ lines: [...this.all, line], openLine: openLine ?? line.id });
  }

  /** Puts another call behind a line. */
  replaceCall(id: number, call: SipCall): void {
    this.#calls.set(id, call);
  }

  open(id: number): void {
    if (this.find(id) !== undefined) {
      this.#store.set({ openLine: id });
    }
  }

  /** Takes a line away, and in the same step tells what became of it. */
  remove(id: number, lastEnded: EndedCall): void {
    this.#calls.delete(id);
    const gone = this.find(id);
    const lines = this.all.filter((line) => line.id !== id);
    const { openLine } = this.#store.state;
    this.#store.set({
      lines,
      lastEnded,
      openLine: openLine === id ? next(lines, gone?.consults ?? null) : openLine,
    });
  }

  clear(): void {
    this.#calls.clear();
    this.#store.set({ lines: [], openLine: null });
  }
}

/** A line of which nothing was heard yet. */
export function newLine(
  id: number,
  { direction, remote }: Pick<Line, 'direction' | 'remote'>,
  startedAt: number,
): Line {
  return {
    id,
    direction,
    remote,
    state: direction === 'in' ? 'ringing' : 'dialling',
    hold: 'no',
    earlyMedia: false,
    startedAt,
    answeredAt: null,
    muted: false,
    digits: '',
    transfer: null,
    consults: null,
    conference: null,
    rescue: 'none',
    heard: null,
    trouble: null,
    quality: [],
    flows: null,
    findings: [],
  };
}

/** What comes to the front when the open line is gone: best the one that it was called from. */
function next(lines: readonly Line[], consulted: number | null): number | null {
  const best =
    lines.find((line) => line.id === consulted) ??
    lines.find((line) => line.state === 'active' && line.hold === 'no') ??
    lines.find((line) => line.state === 'active') ??
    lines[0];
  return best?.id ?? null;
}
