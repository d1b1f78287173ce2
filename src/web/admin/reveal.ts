/** Makes a button show and hide the text in the field that `data-reveal` names. */
export function bindReveal(button: HTMLButtonElement): void {
  const field = document.getElementById(button.dataset['reveal'] ?? '');
  if (!(field instanceof HTMLInputElement)) {
    return;
  }
  button.addEventListener('click', () => {
    const shown = field.type === 'password';
    field.type = shown ? 'text' : 'password';
    button.textContent = shown ? 'Hide' : 'Show';
    field.focus();
  });
  // A browser offers to remember the content of a visible field, and this password is not the
  // person's own.
  field.form?.addEventListener('submit', () => {
    field.type = 'password';
  });
  button.hidden = false;
}
