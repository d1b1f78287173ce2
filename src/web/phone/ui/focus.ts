/** Focuses an element in the next frame. Focusing needs a layout; the next frame makes one anyway,
    and here it would delay more urgent work. */
export function focusSoon(element: HTMLElement | null): void {
  requestAnimationFrame(() => {
    element?.focus();
  });
}
