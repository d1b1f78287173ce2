/* A phone in the state that a view is to show. */
import type { Line, PhoneState, Quality } from '../model/state';
import { FakePhone, fakeLine } from './fake-phone';

const START = 1_764_000_000_000;

/** An active call. */
export function line(part: Partial<Line> = {}): Line {
  return fakeLine(1, {
    direction: 'out',
    remote: { name: 'Grace Hopper', number: '1001' },
    state: 'active',
    startedAt: START,
    answeredAt: START,
    ...part,
  });
}

export function quality(mos: number): Quality {
  return {
    mos,
    loss: mos > 4 ? 0.002 : 0.08,
    jitter: mos > 4 ? 4.2 : 48,
    roundTrip: mos > 4 ? 23 : 310,
    codec: 'opus',
    bitrate: 31_000,
  };
}

export class ViewPhone extends FakePhone {
  /** The state when registered as 1000, with these changes. */
  constructor(part: Partial<PhoneState> = {}) {
    super();
    this.state = {
      ...this.state,
      registration: { state: 'registered', extension: '1000' },
      connected: true,
      openLine: part.lines?.[0]?.id ?? null,
      ...part,
    };
  }

  /** The log of commands, as `hold 1`. */
  get said(): readonly string[] {
    return this.commands.map((words) => words.join(' '));
  }
}
