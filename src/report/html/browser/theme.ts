/** Colours come from the page's style sheet, so that dark, light and print stand in one place. */
export type Theme = (name: string) => string;

export function currentTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** Calls back when the reader's system changes between light and dark. */
export function onSchemeChange(changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** Around printing: charts are drawn anew in print's colours and width, on paper there is no dark. */
export function onPrint(before: () => void, after: () => void): void {
  addEventListener('beforeprint', () => {
    document.documentElement.dataset.printing = '';
    before();
  });
  addEventListener('afterprint', () => {
    delete document.documentElement.dataset.printing;
    after();
  });
}

export const isPrinting = (): boolean => document.documentElement.dataset.printing !== undefined;
