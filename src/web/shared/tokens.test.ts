// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** The value of a colour in the light and in the dark theme. */
function colour(name: string): { light: string; dark: string } {
  const value = new RegExp(`--${name}:\\s*([^;]+);`).exec(css)?.[1] ?? '';
  const pair = /^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$/.exec(value);
  const [light, dark] = pair === null ? [value, value] : [pair[1] ?? '', pair[2] ?? ''];
  if (!/^#[0-9a-f]{6}$/.test(light) || !/^#[0-9a-f]{6}$/.test(dark)) {
    throw new Error(`--${name} is no pair of colours: ${value}`);
  }
  return { light, dark };
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['ground', 'surface', 'surface-sunken'];
const texts = ['text', 'text-muted', 'accent-text', 'green-text', 'red-text', 'amber-text'];
const fills = ['accent', 'accent-hover', 'green', 'green-hover', 'red', 'red-hover'];

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  it.each(texts.flatMap((text) => grounds.map((ground) => [text, ground])))(
    '%s is readable on %s',
    (text, ground) => {
      expect(contrast(colour(text)[theme], colour(ground)[theme])).toBeGreaterThanOrEqual(4.5);
    },
  );

  it.each(fills)('the words on %s are readable', (fill) => {
    expect(contrast(colour('text-on-fill')[theme], colour(fill)[theme])).toBeGreaterThanOrEqual(
      4.5,
    );
  });

  it.each(['green', 'red', 'amber'])('a notice in %s is readable', (name) => {
    const ground = colour(`${name}-ground`)[theme];
    expect(contrast(colour(`${name}-text`)[theme], ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour('text')[theme], ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['line-control', 'focus'])('%s stands out from the surface', (name) => {
    expect(contrast(colour(name)[theme], colour('surface')[theme])).toBeGreaterThanOrEqual(3);
    expect(contrast(colour(name)[theme], colour('ground')[theme])).toBeGreaterThanOrEqual(3);
  });
});
