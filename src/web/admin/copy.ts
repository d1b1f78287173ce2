const SHOWN_MS = 2000;

/** Makes a button copy the text of the element that `data-copy` names, and report that it did. */
export function bindCopy(button: HTMLButtonElement): void {
  const source = document.getElementById(button.dataset['copy'] ?? '');
  const word = button.firstChild;
  if (source === null || word === null) {
    return;
  }
  const usual = word.textContent;
  let timer: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener('click', () => {
    void copyText(source).then((copied) => {
      word.textContent = copied ? 'Copied' : 'Press Ctrl+C';
      clearTimeout(timer);
      timer = setTimeout(() => {
        word.textContent = usual;
      }, SHOWN_MS);
    });
  });
  button.hidden = false;
}

/** Copies an element's text; where a page may not (plain HTTP), selects it instead. */
async function copyText(source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return false;
  }
}
