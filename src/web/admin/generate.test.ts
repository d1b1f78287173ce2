import { describe, expect, it } from 'vitest';
import { bindGenerate } from './generate';
import { bindReveal } from './reveal';

const LETTERS = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

function page(id: string, alphabet: string, length: number): { make: HTMLButtonElement; field: HTMLInputElement } {
  document.body.innerHTML = `
    <form><input id="${id}" type="password">
    <button type="button" data-reveal="${id}" hidden>Show</button>
    <button type="button" data-generate="${id}" data-alphabet="${alphabet}"
      data-length="${length}" hidden>Make one</button></form>`;
  const [reveal, make] = document.querySelectorAll('button');
  const field = document.querySelector('input');
  if (reveal === undefined || make === undefined || field === null) {
    throw new Error('incomplete page');
  }
  bindReveal(reveal);
  bindGenerate(make);
  return { make, field };
}

describe('the button that makes a secret', () => {
  it('fills the field with a strong password, and shows it', () => {
    const { make, field } = page('password', LETTERS, 20);
    expect(make.hidden).toBe(false);
    make.click();
    expect(field.value).toMatch(/^[A-Za-z2-9]{20}$/);
    expect(field.value).not.toMatch(/[0O1lI]/);
    expect(field.type).toBe('text');
    const first = field.value;
    make.click();
    expect(field.value).not.toBe(first);
    expect(field.type).toBe('text');
  });

  it('fills a PIN with digits', () => {
    const { make, field } = page('vm_password', '0123456789', 6);
    make.click();
    expect(field.value).toMatch(/^\d{6}$/);
  });

  it('stays hidden without its field', () => {
    document.body.innerHTML = '<button data-generate="gone" hidden>Make one</button>';
    const button = document.querySelector('button');
    if (button !== null) {
      bindGenerate(button);
    }
    expect(button?.hidden).toBe(true);
  });
});
