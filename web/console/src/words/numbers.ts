// Numbers as people read them, always with their unit.

// significant writes x with n significant digits and no exponent, with thin
// grouping from ten thousand on.
export function significant(x: number, n = 3): string {
  if (!Number.isFinite(x)) return 'not known';
  if (x === 0) return '0';
  const digits = Math.max(0, Math.min(12, n - 1 - Math.floor(Math.log10(Math.abs(x)))));
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits, useGrouping: Math.abs(x) >= 10_000 })
    .format(x)
    .replaceAll(',', '\u202f');
}

export const withUnit = (x: number, unit: string, n = 3) => `${significant(x, n)}\u00a0${unit}`;

// percent writes a probability. What is not certain is never called 0 or 100.
export function percent(p: number): string {
  if (p > 0 && p < 0.01) return 'under 1\u00a0%';
  if (p > 0.99 && p < 1) return 'over 99\u00a0%';
  return `${Math.round(100 * p)}\u00a0%`;
}

// length writes metres, or kilometres from one thousand on.
export const length = (m: number) => (Math.abs(m) >= 1000 ? withUnit(m / 1000, 'km', 2) : withUnit(m, 'm', 2));

// area writes square metres, or hectares from one thousand on.
export const area = (m2: number) =>
  m2 >= 1e6 ? withUnit(m2 / 1e6, 'km²', 2) : m2 >= 1e3 ? withUnit(m2 / 1e4, 'ha', 2) : withUnit(m2, 'm²', 2);

// degrees writes a longitude or latitude to about a metre.
export const latitude = (x: number) => `${Math.abs(x).toFixed(5)}° ${x < 0 ? 'S' : 'N'}`;
export const longitude = (x: number) => `${Math.abs(x).toFixed(5)}° ${x < 0 ? 'W' : 'E'}`;

const small = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
export const inWords = (n: number) => small[n] ?? significant(n);
export const plural = (n: number, one: string, many = `${one}s`) => `${significant(n)} ${n === 1 ? one : many}`;
