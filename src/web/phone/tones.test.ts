import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { render, Tones } from './tones';

const loudest = (samples: Float32Array): number =>
  samples.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

describe('a period', () => {
  it('of ringback is 2 s of tone and 4 s of silence', () => {
    const samples = render('ringback', 8000);
    expect(samples).toHaveLength(48_000);
    expect(loudest(samples.subarray(0, 16_000))).toBeGreaterThan(0.05);
    expect(loudest(samples.subarray(16_000))).toBe(0);
  });

  it('of ringing is louder, and ends in a pause', () => {
    const samples = render('ringing', 8000);
    expect(loudest(samples)).toBeGreaterThan(loudest(render('ringback', 8000)));
    expect(loudest(samples.subarray(14_000))).toBe(0);
  });

  it.each(['ringback', 'ringing'] as const)('of %s neither clips nor clicks', (sound) => {
    const samples = render(sound, 16_000);
    expect(loudest(samples)).toBeLessThan(1);
    expect(samples[0]).toBe(0);
    const jump = samples.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (samples[i - 1] ?? 0))),
      0,
    );
    expect(jump).toBeLessThan(0.35);
  });
});

describe('Tones', () => {
  let log: string[];

  beforeEach(() => {
    log = [];
    vi.stubGlobal(
      'AudioContext',
      class {
        destination = {};
        resume(): Promise<void> {
          log.push('resume');
          return Promise.resolve();
        }
        suspend(): Promise<void> {
          log.push('suspend');
          return Promise.resolve();
        }
        createBuffer(_channels: number, length: number): { copyToChannel: () => void } {
          log.push(`buffer ${length}`);
          return { copyToChannel: () => undefined };
        }
      },
    );
    vi.stubGlobal(
      'AudioBufferSourceNode',
      class {
        constructor(_context: unknown, options: { loop: boolean }) {
          log.push(options.loop ? 'loop' : 'once');
        }
        connect(): void {
          log.push('connect');
        }
        start(): void {
          log.push('start');
        }
        stop(): void {
          log.push('stop');
        }
      },
    );
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('are silent before a click has unlocked them', () => {
    new Tones().play('ringing');
    expect(log).toEqual([]);
  });

  it('loop until another sound or none is asked for', () => {
    const tones = new Tones();
    tones.unlock();
    log.length = 0;
    tones.play('ringback');
    tones.play('ringback');
    expect(log).toEqual(['buffer 96000', 'loop', 'connect', 'start', 'resume']);
    log.length = 0;
    tones.play('ringing');
    expect(log[0]).toBe('stop');
    expect(log).toContain('start');
    log.length = 0;
    tones.play('none');
    tones.play('none');
    expect(log).toEqual(['stop', 'suspend']);
  });
});
