import { expect, it } from 'vitest';
import { precallReport, type FinishedCheck } from './report';

const finished = (name: string, result: FinishedCheck['result'], at = 1_000): FinishedCheck => ({
  name,
  result,
  at,
  text: 'x'.repeat(400),
});

it('lists faults first, then every check', () => {
  const report = precallReport(
    [finished('STUN', 'fault'), finished('TURN', 'warning'), finished('Speaker', 'ok', 6_000)],
    500,
    'Chromium',
  );
  expect(report).toMatchObject({
    kind: 'test',
    summary: 'faults: STUN; warnings: TURN',
    seconds: 6,
  });
  expect(report.steps.map(({ at, name }) => `${at} ${name}`)).toEqual([
    '0.5 STUN',
    '0.5 TURN',
    '5.5 Speaker',
  ]);
  expect(report.steps[0]?.detail).toHaveLength(300);
});

it('says that all is well', () => {
  expect(precallReport([finished('STUN', 'ok')], 0, '').summary).toBe('All is well');
  expect(precallReport([], 0, '').seconds).toBe(0);
});
