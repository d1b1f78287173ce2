/** Makes a button show and hide what is typed into the field that `data-reveal` names. */
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
  // A browser offers to remember what it sees in a visible field, and this is not its own.
  field.form?.addEventListener('submit', () => {
    field.type = 'password';
  });
  button.hidden = false;
}
