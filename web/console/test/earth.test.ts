import { expect, test } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { unwrap } from '../src/earth/unwrap.ts';

const require = createRequire(import.meta.url);

for (const name of ['countries-50m', 'land-110m']) {
  const atlas = JSON.parse(readFileSync(require.resolve(`world-atlas/${name}.json`), 'utf8')) as Topology<{ land: GeometryCollection }>;
  const rings = feature(atlas, atlas.objects.land)
    .features.flatMap((f) => (f.geometry.type === 'MultiPolygon' ? f.geometry.coordinates.flat() : []))
    .map(unwrap);

  // Even-odd over every ring, in each of the three worlds a ring may lie in.
  const isLand = (lon: number, lat: number) =>
    rings.reduce((odd, ring) => [-360, 0, 360].reduce((o, turn) => (inside(ring, lon + turn, lat) ? !o : o), odd), false);

  test(`${name}: no ring jumps, and each is closed`, () => {
    expect(rings.length).toBeGreaterThan(100);
    // Along the map's edge, around a pole, a ring may go as far as it likes.
    const jumps = rings.flatMap((ring) => ring.filter((p, i) => i > 0 && Math.abs(p[1]!) !== 90 && Math.abs(p[0]! - ring[i - 1]![0]!) > 180));
    expect(jumps).toEqual([]);
    expect(rings.filter((ring) => ring[0]!.some((v, k) => v !== ring.at(-1)![k]))).toEqual([]);
  });

  const places: [string, number, number, boolean][] = [
    ['the North Atlantic', -35, 57, false], ['the Norwegian Sea', 0, 68, false], ['the South Pacific', -120, -16.5, false], ['the Indian Ocean', 80, -16.8, false],
    ['Siberia', 100, 62, true], ['Chukotka, west of the antimeridian', 178, 67.5, true], ['Chukotka, east of it', -176, 67, true], ['Egypt', 30, 26, true], ['Antarctica', 20, -84, true], ['Antarctica at the antimeridian', 179.9, -84.9, true],
  ];
  for (const [where, lon, lat, land] of places) test(`${name}: ${where} is ${land ? 'land' : 'sea'}`, () => expect(isLand(lon, lat)).toBe(land));
}

function inside(ring: number[][], x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax = 0, ay = 0] = ring[i]!;
    const [bx = 0, by = 0] = ring[j]!;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}
