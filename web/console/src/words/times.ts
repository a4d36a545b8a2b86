// Times are shown in UTC; the reader's own time is a tooltip away.

const two = (n: number) => String(n).padStart(2, '0');

// utcDate writes 2024-05-03; utcClock 14:02:59; utc both, with the zone.
export function utcDate(iso: string): string {
  const t = new Date(iso);
  return `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;
}

export function utcClock(iso: string): string {
  const t = new Date(iso);
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
}

export const utc = (iso: string) => `${utcDate(iso)} ${utcClock(iso)} UTC`;

export const local = (iso: string, language = 'en') =>
  `${new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long' }).format(new Date(iso))}`;

// span writes how long something took or has run.
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}
