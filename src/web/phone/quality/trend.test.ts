import { expect, it } from 'vitest';
import { QualityTrend } from './trend';

/** The result after each of these seconds. */
const said = (...mos: readonly (number | null)[]): boolean[] => {
  const trend = new QualityTrend();
  return mos.map((one) => trend.add(one));
};

it('is good while the quality is good, also with a short drop', () => {
  expect(said(4.4, 4.4, 3.5, 3.5, 4.4, 4.4)).not.toContain(true);
});

it('is bad after three seconds that were not good', () => {
  expect(said(4.4, 3.9, 3.9, 3.9)).toEqual([false, false, false, true]);
});

it('warns before the quality is bad', () => {
  expect(said(4.4, 4.35, 4.3, 4.2, 4.05)).toEqual([false, false, false, false, true]);
});

it('ignores the trend of a call that is good enough', () => {
  expect(said(4.5, 4.45, 4.4, 4.35, 4.3)).not.toContain(true);
});

it('is good again when that is confirmed, and unchanged by seconds without a measurement', () => {
  expect(said(3.9, 3.9, 3.9, null, 4.05, 4.05, 4.05, 4.2, 4.2, 4.2)).toEqual([
    ...[false, false, true],
    ...[true, true, true, true, true, true, false],
  ]);
});

it('starts again after a restart', () => {
  const trend = new QualityTrend();
  for (let second = 0; second < 3; second += 1) {
    trend.add(3);
  }
  trend.restart();
  expect(trend.add(3)).toBe(false);
});
