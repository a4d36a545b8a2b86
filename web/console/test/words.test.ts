import { expect, test } from '@playwright/test';
import type { Polygon } from '../src/api/nouns.ts';
import { areaOf, credible, shortID, whichBuilding } from '../src/words/evidence.ts';
import { area, length, percent, significant } from '../src/words/numbers.ts';
import { span, utc } from '../src/words/times.ts';
import { firstLanguage, length as partnerLength, number, utc as partnerUTC, words } from '../src/partner/words.ts';

const plain = (s: string) => s.replace(/[\u00a0\u202f]/g, ' ');
const table = <T>(name: string, f: (x: T) => string, cases: [T, string][]) => {
  for (const [x, want] of cases) test(`${name}(${String(x)}) is ${want}`, () => expect(plain(f(x))).toBe(want));
};

table('significant', (x: number) => significant(x), [
  [0, '0'], [1.9, '1.9'], [0.012345, '0.0123'], [1234.5, '1235'], [37, '37'], [41000, '41 000'], [-2.345, '-2.35'], [NaN, 'not known'], [1e-9, '0.000000001'],
]);
table('percent', percent, [[0, '0 %'], [0.004, 'under 1 %'], [0.58, '58 %'], [0.996, 'over 99 %'], [1, '100 %']]);
table('length', length, [[7.4, '7.4 m'], [34, '34 m'], [1500, '1.5 km']]);
table('area', area, [[507, '507 m²'], [1500, '0.15 ha'], [2.5e6, '2.5 km²']]);
table('span', span, [[0, '0 s'], [61_000, '1 min 1 s'], [3 * 3600e3, '3 h 0 min'], [90 * 3600e3, '3 d 18 h']]);

test('times are UTC whatever the zone of the reader', () => {
  expect(utc('2031-05-03T14:02:09.5+02:00')).toBe('2031-05-03 12:02:09 UTC');
  expect(plain(partnerUTC('2031-05-03T07:02:00Z', 'es'))).toMatch(/^3 may 2031, 07:02 UTC$/);
  expect(plain(partnerUTC('2031-05-03T07:02:00Z', 'en'))).toMatch(/^3 May 2031, 07:02 UTC$/);
});

const b = (...p: number[]) => p.map((probability, i) => ({ id: `b${i}`, probability }));

test('the credible buildings are the fewest that reach the probability', () => {
  expect(credible(b(0.1, 0.6, 0.25), 0.9).map((x) => x.id)).toEqual(['b1', 'b2', 'b0']);
  expect(credible(b(0.95, 0.05), 0.9).map((x) => x.id)).toEqual(['b0']);
  expect(credible(b(0.3, 0.3, 0.3), 0.9)).toHaveLength(3); // 0.3 + 0.3 + 0.3 < 0.9 in binary
  expect(credible(b(0.3, 0.2), 0.9)).toEqual([]);
});

test('which building, in words', () => {
  expect(plain(whichBuilding(b(0.58, 0.22, 0.13), 0.07))).toBe('One of these three buildings holds the source, with a probability of 93 %.');
  expect(plain(whichBuilding(b(0.97), 0.03))).toBe('This building holds the source, with a probability of 97 %.');
  expect(plain(whichBuilding(b(0.4, 0.2), 0.4))).toBe('The known buildings hold 60 % between them; the probability that the source is in none of them is 40 %.');
  expect(whichBuilding([], 1)).toBe('No known building lies where the source may be.');
});

test('a square of a hundred metres is a hectare, less its hole', () => {
  const square = (h: number) => [[-h, -h], [h, -h], [h, h], [-h, h], [-h, -h]].map(([x = 0, y = 0]) => [-18.2 + x / (111_320 * Math.cos((24.8 * Math.PI) / 180)), 24.8 + y / 111_320]);
  const polygon: Polygon = { type: 'Polygon', coordinates: [square(50), square(5)] };
  expect(areaOf([polygon])).toBeCloseTo(10_000 - 100, -2);
});

test('a hashed name is shortened and a given one is not', () => {
  expect(shortID('site-0123456789abcdef0123456789abcdef')).toBe('0123456');
  expect(shortID('survey-01')).toBe('survey-01');
});

const languages: [string | null, string[], string][] = [
  [null, ['es-MX', 'en'], 'es'], [null, ['en-GB'], 'en'], [null, ['de', 'en'], 'en'], [null, ['fr'], 'es'], [null, [], 'es'], ['en', ['es'], 'en'], ['es', ['en'], 'es'], ['xx', ['en'], 'en'],
];
for (const [stored, browser, want] of languages) {
  test(`the language with ${stored} kept and ${browser.join(', ') || 'none'} asked for is ${want}`, () => expect(firstLanguage(stored, browser)).toBe(want));
}

test('numbers are written as the language writes them', () => {
  expect(number(1.9, 'es')).toBe('1,9');
  expect(number(1.9, 'en')).toBe('1.9');
});

test('a length that something is within is never rounded down', () => {
  const at = (m: number) => plain(partnerLength(m, 'es'));
  expect([at(50), at(111.6), at(112.01), at(999.2), at(1500), at(1501)]).toEqual(['50 m', '112 m', '113 m', '1000 m', '1,5 km', '1,51 km']);
});

test('both languages say everything, and differ', () => {
  const flat = (o: object): [string, unknown][] => Object.entries(o).flatMap(([k, v]) => (typeof v === 'object' ? flat(v as object).map(([j, x]): [string, unknown] => [`${k}.${j}`, x]) : [[k, v]]));
  const [es, en] = [flat(words.es), flat(words.en)];
  expect(es.map(([k]) => k)).toEqual(en.map(([k]) => k));
  for (const [[k, x], [, y]] of es.map((e, i) => [e, en[i]!] as const)) {
    expect(x, k).not.toBe('');
    if (k !== 'north' && typeof x === 'string') expect(x, k).not.toBe(y);
  }
});
