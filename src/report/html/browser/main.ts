import { CellCharts } from './cell-charts.ts';
import { PeakChart } from './peak-chart.ts';
import { keepScrollersReachable } from './scrollers.ts';
import { onPrint, onSchemeChange } from './theme.ts';

/** What is drawn in one place of the page. */
interface Charts {
  fit(): void;
  draw(): void;
}

/**
 * The script of `report.html`. Charts are drawn when they come near the window, so that a page of many cells opens at
 * once; before printing all of them are.
 */
function start(): void {
  document.documentElement.classList.add('scripted');
  const places = [...document.querySelectorAll<HTMLElement>('[data-charts], [data-peak]')];
  const known = new Map<HTMLElement, Charts>();
  const chartsAt = (place: HTMLElement): Charts => {
    const charts =
      known.get(place) ?? (place.dataset.peak === undefined ? new CellCharts(place) : new PeakChart(place));
    known.set(place, charts);
    return charts;
  };
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) chartsAt(target as HTMLElement).fit();
  });
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        resized.observe(target);
      }
    },
    { rootMargin: '600px 0px' },
  );
  for (const place of places) seen.observe(place);
  onSchemeChange(() => drawAll(known));
  const folded = openAllFor(places, chartsAt, known);
  onPrint(folded.open, folded.restore);
  keepScrollersReachable();
}

/** On paper nothing can be unfolded or scrolled to: everything is drawn and open, and as before afterwards. */
function openAllFor(
  places: readonly HTMLElement[],
  chartsAt: (place: HTMLElement) => Charts,
  known: ReadonlyMap<HTMLElement, Charts>,
): { readonly open: () => void; readonly restore: () => void } {
  let opened: HTMLDetailsElement[] = [];
  return {
    open: () => {
      for (const place of places) chartsAt(place).draw();
      opened = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
      for (const details of opened) details.open = true;
    },
    restore: () => {
      for (const details of opened) details.open = false;
      drawAll(known);
    },
  };
}

function drawAll(known: ReadonlyMap<HTMLElement, Charts>): void {
  for (const charts of known.values()) charts.draw();
}

start();
