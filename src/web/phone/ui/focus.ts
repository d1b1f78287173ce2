/** Focuses with the next frame: focus needs a layout, which that makes anyway, and which here would
    hold up what is more urgent. */
export function focusSoon(element: HTMLElement | null): void {
  requestAnimationFrame(() => {
    element?.focus();
  });
}
