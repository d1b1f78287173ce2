import { describe, expect, it } from 'vitest';
import { newLine } from '../lines/lines';
import type { Finding, Line } from '../model/state';
import { callReport } from './report';

const quality = { mos: 4.2, loss: 0, jitter: 3, roundTrip: 20, codec: 'opus', bitrate: 40_000 };
const found: Finding = {
  code: 'microphone-ended',
  at: 5_000,
  fault: 'Ann Lee does not hear you',
  text: 'Ann Lee does not hear you',
  remedy: 'Call 1001 again.',
  severity: 'fault',
  state: 'open',
  steps: [
    { name: 'Attaching it again', result: 'vain' },
    { name: 'Taking the microphone again', result: 'trying' },
  ],
};

function line(part: Partial<Line> = {}): Line {
  return {
    ...newLine(1, { direction: 'out', remote: { name: 'Ann Lee', number: '1001' } }, 1_000),
    digits: '4711#',
    quality: [quality, quality],
    findings: [found],
    ...part,
  };
}

const options = { now: 11_000, browser: 'Chromium', withNumber: false };

describe('a report of a call', () => {
  it('says what is wrong, what was tried and the quality', () => {
    const report = callReport(line(), options);
    expect(report).toMatchObject({ kind: 'call', startedAt: 1_000, seconds: 10 });
    expect(report.steps.map(({ at, result }) => [at, result])).toEqual([
      [4, 'fault'],
      [4, 'warning'],
      [4, 'info'],
    ]);
    expect(report.quality.map(({ at }) => at)).toEqual([9, 10]);
    expect(report.facts).toContainEqual({ name: 'Direction', value: 'outgoing' });
  });

  it('contains neither the other side nor the digits that were sent', () => {
    const text = JSON.stringify(callReport(line(), options));
    for (const secret of ['Ann', '1001', '4711']) {
      expect(text).not.toContain(secret);
    }
    expect(text).toContain('… does not hear you');
  });

  it('contains the number if the person allows it', () => {
    const report = callReport(line(), { ...options, withNumber: true });
    expect(report.number).toBe('1001');
    expect(report.cause).toBe('Call 1001 again.');
  });

  it('can be made of a call without a fault', () => {
    const report = callReport(
      line({
        findings: [{ ...found, state: 'over', text: 'Heard again', remedy: '' }],
        quality: [],
      }),
      options,
    );
    expect(report.summary).toBe('A call, reported by its user');
    expect(report).not.toHaveProperty('cause');
    expect(report.steps.map(({ result }) => result)).toEqual(['fault', 'warning', 'info', 'ok']);
  });

  it('fits the limits of the server', () => {
    const long = {
      ...found,
      fault: 'x'.repeat(999),
      text: 'x'.repeat(999),
      remedy: 'y'.repeat(999),
    };
    const report = callReport(line({ findings: Array<Finding>(99).fill(long) }), options);
    expect(report.steps).toHaveLength(100);
    expect(report.steps[0]?.name.length).toBeLessThanOrEqual(100);
    expect(report.summary).toHaveLength(300);
  });
});
