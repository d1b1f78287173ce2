/** Makes a button fill the secret field that `data-generate` names with `data-length` random
    characters of `data-alphabet`, and show it. */
export function bindGenerate(button: HTMLButtonElement): void {
  const { generate = '', alphabet = '', length } = button.dataset;
  const field = document.getElementById(generate);
  if (!(field instanceof HTMLInputElement)) {
    return;
  }
  button.addEventListener('click', () => {
    field.value = randomText(alphabet, Number(length));
    if (field.type === 'password') {
      document.querySelector<HTMLButtonElement>(`button[data-reveal="${field.id}"]`)?.click();
    }
    field.select();
  });
  button.hidden = false;
}

function randomText(alphabet: string, length: number): string {
  // Bytes at or above a multiple of the alphabet's length are left out: each character is as likely.
  const limit = 256 - (256 % alphabet.length);
  let made = '';
  while (made.length < length) {
    const byte = crypto.getRandomValues(new Uint8Array(1))[0] ?? limit;
    made += byte < limit ? (alphabet[byte % alphabet.length] ?? '') : '';
  }
  return made;
}
