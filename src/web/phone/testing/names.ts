/** As assistive technology names it: the text that is not hidden from it. */
export function nameOf(element: Element): string {
  const copy = element.cloneNode(true) as Element;
  for (const hidden of copy.querySelectorAll('[aria-hidden="true"]')) {
    hidden.remove();
  }
  return (element.getAttribute('aria-label') ?? copy.textContent).replace(/\s+/g, ' ').trim();
}
