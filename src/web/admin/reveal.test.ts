import { describe, expect, it } from 'vitest';
import { bindReveal } from './reveal';

function page(): { button: HTMLButtonElement; field: HTMLInputElement; form: HTMLFormElement } {
  document.body.innerHTML = `
    <form><input id="password" type="password" value="typed">
    <button type="button" data-reveal="password" hidden>Show</button></form>`;
  const button = document.querySelector('button');
  const field = document.querySelector('input');
  const form = document.querySelector('form');
  if (button === null || field === null || form === null) {
    throw new Error('incomplete page');
  }
  bindReveal(button);
  return { button, field, form };
}

describe('the button beside a password', () => {
  it('shows and hides the password, and leaves the focus in the field', () => {
    const { button, field } = page();
    expect(button.hidden).toBe(false);
    button.click();
    expect([field.type, button.textContent]).toEqual(['text', 'Hide']);
    expect(document.activeElement).toBe(field);
    button.click();
    expect([field.type, button.textContent]).toEqual(['password', 'Show']);
    expect(field.value).toBe('typed');
  });

  it('hides it before the form is sent', () => {
    const { button, field, form } = page();
    button.click();
    form.dispatchEvent(new Event('submit'));
    expect(field.type).toBe('password');
  });

  it('stays hidden without its field', () => {
    document.body.innerHTML = '<button data-reveal="gone" hidden>Show</button>';
    const button = document.querySelector('button');
    if (button !== null) {
      bindReveal(button);
    }
    expect(button?.hidden).toBe(true);
  });
});
