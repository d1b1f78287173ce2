/* Short dates of calls: the time for today, the weekday for this week, otherwise the date. */

const DAY_MS = 24 * 3600 * 1000;

export function whenText(time: number, now: number): string {
  const then = new Date(time);
  const days = Math.round((midnight(now) - midnight(time)) / DAY_MS);
  const clock = then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (days <= 0) {
    return clock;
  }
  if (days === 1) {
    return `Yesterday ${clock}`;
  }
  return days < 7
    ? `${then.toLocaleDateString([], { weekday: 'short' })} ${clock}`
    : then.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' });
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
