import { expect, it } from 'vitest';
import { icon, iconMarkup } from './icons';

it('is an SVG that is hidden from assistive technology, without inline style', () => {
  const svg = icon('phone');
  expect(svg.tagName.toLowerCase()).toBe('svg');
  expect(svg.getAttribute('aria-hidden')).toBe('true');
  expect(svg.getAttribute('class')).toBe('icon');
  expect(iconMarkup('phone')).not.toMatch(/style=|<!--|<script/);
});

it('is a new element each time', () => {
  expect(icon('phone')).not.toBe(icon('phone'));
});
