import { describe, expect, it } from 'vitest';
import { Meter, readingOf, type Reading } from './statistics';
import { mouthToEarMs, mosOf, ratingOf } from './voice-quality';

const good = { loss: 0, delay: 50, codec: 'PCMU' };

/** A reading at `second`: 50 packets of 160 bytes per second by default. */
function reading(second: number, part: Partial<Reading> = {}): Reading {
  return {
    at: second * 1000,
    received: second * 50,
    lost: 0,
    bytes: second * 8000,
    bufferDelay: second * 8000 * 0.04,
    buffered: second * 8000,
    jitter: 3,
    roundTrip: 20,
    codec: 'PCMU',
    ...part,
  };
}

describe('the MOS estimate', () => {
  it('is that of G.107 for a call without impairments', () => {
    expect(mosOf(93.2)).toBeCloseTo(4.41, 2);
    expect(ratingOf({ ...good, delay: 0 })).toBe(93.2);
  });

  it('falls with loss, delay and the codec, and stays on its scale', () => {
    const mos = (part: Partial<typeof good>): number => mosOf(ratingOf({ ...good, ...part }));
    // G.107, equation 7-29: R = 93.2 - 1.2 - 95 * 5 / (5 + 25.1).
    expect(ratingOf({ ...good, loss: 0.05 })).toBeCloseTo(76.22, 1);
    expect(mos({ loss: 0.02 })).toBeLessThan(mos({}));
    expect(mos({ delay: 400 })).toBeLessThan(mos({ delay: 150 }) - 0.5);
    expect(mos({ codec: 'G729' })).toBeLessThan(mos({ codec: 'opus' }));
    expect(mos({ loss: 1, delay: 2000 })).toBe(1);
  });

  it('calculates the delay from the round trip, one packet and the jitter buffer', () => {
    expect(mouthToEarMs(100, 40)).toBe(110);
    expect(mouthToEarMs(null, 0)).toBe(20);
  });
});

describe('statistics of the browser', () => {
  const inbound = {
    type: 'inbound-rtp',
    kind: 'audio',
    timestamp: 5000,
    packetsReceived: 100,
    packetsLost: -1,
    bytesReceived: 16_000,
    jitter: 0.004,
    jitterBufferDelay: 640,
    jitterBufferEmittedCount: 16_000,
    codecId: 'C',
  };
  const codec = { type: 'codec', mimeType: 'audio/opus' };

  it('are read with the round trip of the candidate pair in use', () => {
    const report = new Map<string, unknown>([
      ['I', inbound],
      ['C', codec],
      ['T', { type: 'transport', selectedCandidatePairId: 'P' }],
      ['P', { type: 'candidate-pair', currentRoundTripTime: 0.03 }],
      ['R', { type: 'remote-inbound-rtp', roundTripTime: 0.5 }],
    ]);
    expect(readingOf(report)).toMatchObject({
      received: 100,
      lost: 0,
      jitter: 4,
      roundTrip: 30,
      codec: 'opus',
    });
  });

  it('may lack a round trip, or received packets', () => {
    expect(readingOf([['I', inbound]])).toMatchObject({ roundTrip: null, codec: '' });
    expect(readingOf([['I', { ...inbound, packetsReceived: 0 }]])).toBeNull();
    expect(readingOf([])).toBeNull();
  });
});

describe('a meter', () => {
  it('needs two readings, and then measures the last seconds', () => {
    const meter = new Meter();
    expect(meter.add(reading(1))).toBeNull();
    expect(meter.summary()).toBeNull();
    const quality = meter.add(reading(2));
    expect(quality).toMatchObject({ loss: 0, jitter: 3, roundTrip: 20, bitrate: 64_000 });
    expect(quality?.mos).toBeGreaterThan(4.3);
  });

  it('shows a burst of loss while it lasts, and keeps it in the summary', () => {
    const meter = new Meter();
    const heard = Array.from({ length: 21 }, (_, second) =>
      meter.add(reading(second, { lost: 10 * Math.min(second, 5) })),
    ).map((quality) => quality?.mos ?? 0);
    expect(heard[5]).toBeLessThan(3.6);
    expect(heard[20]).toBeGreaterThan(4.3);
    expect(meter.summary()?.loss).toBeCloseTo(50 / 1050, 5);
  });

  it('is null while no packets arrive, and starts again with another connection', () => {
    const meter = new Meter();
    meter.add(reading(10));
    expect(meter.add(reading(11, { received: 500 }))).toBeNull();
    expect(meter.add(reading(1))).toBeNull();
    expect(meter.add(reading(2))).toMatchObject({ loss: 0 });
    meter.pause();
    expect(meter.add(reading(9))).toBeNull();
  });
});
