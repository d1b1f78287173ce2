// As the server's (sipapp/model/passwords.py): no letters that look like others.
const LETTERS = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const DIGITS = '0123456789';
const PASSWORD_LENGTH = 20;
const PIN_LENGTH = 6;

/** Makes a button fill the secret field that `data-generate` names with a random value, and show it:
    a password, or digits where the field is a PIN. */
export function bindGenerate(button: HTMLButtonElement): void {
  const field = document.getElementById(button.dataset['generate'] ?? '');
  if (!(field instanceof HTMLInputElement)) {
    return;
  }
  button.addEventListener('click', () => {
    field.value =
      field.id === 'vm_password'
        ? randomText(DIGITS, PIN_LENGTH)
        : randomText(LETTERS, PASSWORD_LENGTH);
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
