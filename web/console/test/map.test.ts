import { expect, test } from '@playwright/test';
import type { PathPoint } from '../src/api/nouns.ts';
import { boxOf, buildings, readings, scales, segments } from '../src/map/features.ts';
import { graticule, label, lines, stepFor } from '../src/map/grid.ts';
import { bar, grid } from '../src/partner/area.ts';

const reading = (s: number, value: number, sensor = 'pid-1', lon = s * 1e-4, kind: PathPoint['kind'] = 'point'): PathPoint => ({
  time: new Date(Date.UTC(2031, 0, 1, 0, 0, s)).toISOString(), lon_deg: lon, lat_deg: 24, value, sensor, kind,
});

test('the scale runs from the background to the highest reading, a unit at a time', () => {
  const path = [...Array.from({ length: 99 }, (_, i) => reading(i, 0.4)), reading(99, 7.5), reading(100, 300, 'beam-1', 0, 'column')];
  const by = scales([path]);
  expect(by.get('ppm')).toEqual({ unit: 'ppm', low: 0.4, high: 7.5 });
  expect(by.get('ppm·m')).toMatchObject({ high: 301 }); // one reading has no range of its own
  const t = readings([path], by).features.map((f) => f.properties?.['t'] as number);
  expect(Math.min(...t)).toBe(0);
  expect(Math.max(...t)).toBe(1);
});

test('a line joins the readings of one sensor and not those of two', () => {
  const path = [reading(0, 1), reading(0, 1, 'pid-2', 5), reading(1, 1), reading(1, 1, 'pid-2', 5.1)];
  const found = segments([path], scales([path])).features;
  expect(found.map((f) => f.geometry.type === 'LineString' && f.geometry.coordinates)).toEqual([
    [[0, 24], [1e-4, 24]],
    [[5, 24], [5.1, 24]],
  ]);
});

test('no line is drawn over a pause, nor from a sensor that stands still', () => {
  const paused = [reading(0, 1), reading(1, 1), reading(2, 1), reading(60, 1)];
  expect(segments([paused], scales([paused])).features).toHaveLength(2);
  const still = [reading(0, 1, 'fixed', 3), reading(1, 2, 'fixed', 3)];
  expect(segments([still], scales([still])).features).toHaveLength(0);
});

test('a building shows the highest probability that any site gives it', () => {
  const feature = (id: string) => ({ type: 'Feature' as const, id, properties: null, geometry: { type: 'Polygon' as const, coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] } });
  const site = (p: number) => ({ buildings: [{ id: 'a', probability: p }] }) as never;
  const found = buildings([feature('a'), feature('b')], [site(0.2), site(0.7)]).features;
  expect(found.map((f) => f.properties?.['p'])).toEqual([0.7, 0]);
});

test('the box of nothing is nothing', () => {
  expect(boxOf([])).toBeUndefined();
  expect(boxOf([[1, 2], [-1, 5]])).toEqual([-1, 2, 1, 5]);
});

test('the graticule has at least three lines across, at any width', () => {
  for (let width = 360; width > 0.0004; width /= 1.7) {
    const n = lines(-width / 2, width / 2, stepFor(width)).length;
    expect(n, `${width}°`).toBeGreaterThanOrEqual(3);
    expect(n, `${width}°`).toBeLessThan(20);
  }
  expect(graticule([-1, 10, 1, 11], 0.5).features.length).toBeGreaterThan(10);
  expect(label(-18.2, 0.001, 'lon')).toBe('18.200° W');
  expect(label(0, 10, 'lat')).toBe('0°');
});

test("the partner's map has lines around its centre and a round scale bar", () => {
  const { east, north } = grid({ lon_deg: -18.2, lat_deg: 24.8 }, 80);
  expect(east.length).toBeGreaterThan(1);
  for (const l of [...east, ...north]) expect(Math.abs(l.at)).toBeLessThanOrEqual(80 + 1e-6);
  for (const width of [3, 47, 160, 1234, 50_000]) {
    const b = bar(width);
    expect(b).toBeLessThanOrEqual(width / 3);
    expect(b).toBeGreaterThan(width / 8);
    expect([1, 2, 5]).toContain(Number(b.toPrecision(1)[0]));
  }
});
