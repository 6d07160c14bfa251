/** Boxes that scroll sideways can be reached with the keyboard, those that do not need not be. */
export function keepScrollersReachable(): void {
  const sized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = target as HTMLElement;
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute('tabindex');
    }
  });
  for (const box of document.querySelectorAll('.scroll')) sized.observe(box);
}
