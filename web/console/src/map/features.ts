// The world's nouns as features for the map.
import type { Feature, FeatureCollection, LineString, Point as PointGeometry, Polygon as PolygonGeometry } from 'geojson';
import type { Authorisation, BuildingFeature, Detection, PathPoint, Plume, Polygon, Posterior, Site, View } from '../api/nouns';
import { significant } from '../words/numbers';
import { utcClock, utcDate } from '../words/times';

type Collection = FeatureCollection;

const collect = (features: Feature[]): Collection => ({ type: 'FeatureCollection', features });
const shape = (p: Polygon) => p as unknown as PolygonGeometry;

// footprint is where a picture of a video looks on the ground, and from where.
export function footprint(view: View | undefined): Collection {
  const corners = (view?.corners ?? []).map((p) => [p.lon_deg, p.lat_deg]);
  if (corners.length < 3) return collect([]);
  return collect([{ type: 'Feature', properties: { time: view!.time }, geometry: { type: 'Polygon', coordinates: [[...corners, corners[0]!]] } }]);
}

export const unitOf = (kind: PathPoint['kind']) => (kind === 'column' ? 'ppm·m' : 'ppm');

// A Scale is what the ends of the ramp of colours stand for.
export interface Scale {
  unit: string;
  low: number;
  high: number;
}

// scales returns, for each unit that is read, the range from its 5th
// percentile, which is background, to its highest reading.
export function scales(paths: Iterable<readonly PathPoint[]>): Map<string, Scale> {
  const values = new Map<string, number[]>();
  for (const path of paths) {
    for (const p of path) {
      const list = values.get(unitOf(p.kind)) ?? [];
      if (list.length === 0) values.set(unitOf(p.kind), list);
      list.push(p.value);
    }
  }
  const out = new Map<string, Scale>();
  for (const [unit, list] of values) {
    list.sort((a, b) => a - b);
    const low = list[Math.floor(0.05 * (list.length - 1))] ?? 0;
    const high = list.at(-1) ?? low;
    out.set(unit, { unit, low, high: high > low ? high : low + 1 });
  }
  return out;
}

const ramp = (v: number, s: Scale | undefined) => (s ? Math.min(1, Math.max(0, (v - s.low) / (s.high - s.low))) : 0);

const readingWords = (p: PathPoint) =>
  `${significant(p.value, 4)} ${unitOf(p.kind)} · ${p.sensor} · ${utcDate(p.time)} ${utcClock(p.time)} UTC`;

// readings returns a circle a reading.
export function readings(paths: Iterable<readonly PathPoint[]>, by: Map<string, Scale>): Collection {
  const features: Feature[] = [];
  for (const path of paths) {
    for (const p of path) {
      const geometry: PointGeometry = { type: 'Point', coordinates: [p.lon_deg, p.lat_deg] };
      features.push({ type: 'Feature', geometry, properties: { t: ramp(p.value, by.get(unitOf(p.kind))), words: readingWords(p) } });
    }
  }
  return collect(features);
}

// A line is not drawn over a pause longer than this many usual steps: nobody
// knows where the sensor was meanwhile.
const longestPause = 8;

// segments returns a line from each reading of a sensor to its next.
export function segments(paths: Iterable<readonly PathPoint[]>, by: Map<string, Scale>): Collection {
  const features: Feature[] = [];
  for (const path of paths) {
    for (const own of bySensor(path).values()) {
      const steps = own.slice(1).map((p, i) => Date.parse(p.time) - Date.parse(own[i]!.time));
      const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
      for (const [i, step] of steps.entries()) {
        const a = own[i]!;
        const b = own[i + 1]!;
        const still = a.lon_deg === b.lon_deg && a.lat_deg === b.lat_deg;
        if (still || step > Math.max(10_000, longestPause * usual)) continue;
        const geometry: LineString = { type: 'LineString', coordinates: [[a.lon_deg, a.lat_deg], [b.lon_deg, b.lat_deg]] };
        features.push({ type: 'Feature', geometry, properties: { t: ramp(Math.max(a.value, b.value), by.get(unitOf(a.kind))) } });
      }
    }
  }
  return collect(features);
}

// bySensor parts a path into those of its sensors.
export function bySensor(path: readonly PathPoint[]): Map<string, PathPoint[]> {
  const out = new Map<string, PathPoint[]>();
  for (const p of path) {
    const own = out.get(p.sensor);
    if (own) own.push(p);
    else out.set(p.sensor, [p]);
  }
  return out;
}

export function detections(list: Iterable<Detection>): Collection {
  return collect(
    [...list].map((d) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [d.at.lon_deg, d.at.lat_deg] },
      properties: {
        words: `Detection of ${d.chemical}: ${significant(d.enhancement)} above a background of ${significant(d.background)}, threshold ${significant(d.threshold)} · ${d.sensor} · ${utcDate(d.from)} ${utcClock(d.from)} UTC`,
      },
    })),
  );
}

export function plumes(list: Iterable<Plume>): Collection {
  return collect(
    [...list].map((p) => ({
      type: 'Feature',
      geometry: shape(p.outline),
      properties: {
        words: `Plume of ${p.chemical}${p.mass_kg > 0 ? `: ${significant(p.mass_kg)} ± ${significant(p.mass_sd_kg)} kg, up to ${significant(p.peak_ppm_m)} ppm·m` : ''} · ${p.sensor} · ${utcDate(p.from)} ${utcClock(p.from)} UTC`,
      },
    })),
  );
}

export function regions(list: Iterable<Posterior>): Collection {
  const features: Feature[] = [];
  for (const posterior of list) {
    for (const source of posterior.sources ?? []) {
      for (const [level, polygons] of [[95, source.region95], [90, source.region90], [50, source.region50]] as const) {
        for (const p of polygons ?? []) features.push({ type: 'Feature', geometry: shape(p), properties: { level } });
      }
    }
  }
  return collect(features);
}

export function siteRegions(list: Iterable<Site>, selected: string | undefined): Collection {
  return collect(
    [...list].flatMap((s) =>
      (s.region90 ?? []).map((p): Feature => ({
        type: 'Feature',
        geometry: shape(p),
        properties: { selected: s.id === selected, withdrawn: s.status === 'withdrawn' },
      })),
    ),
  );
}

// buildings returns every footprint with the highest probability that any of
// the sites gives it.
export function buildings(list: Iterable<BuildingFeature>, sites: Iterable<Site>): Collection {
  const p = new Map<string, number>();
  for (const s of sites) {
    for (const b of s.buildings ?? []) p.set(b.id, Math.max(p.get(b.id) ?? 0, b.probability));
  }
  return collect(
    [...list].map((b) => ({ type: 'Feature', geometry: shape(b.geometry), properties: { id: b.id, p: p.get(b.id) ?? 0 } })),
  );
}

export function authorised(list: Iterable<Authorisation>): Collection {
  return collect([...list].map((a) => ({ type: 'Feature', geometry: shape(a.volume.footprint), properties: { words: a.title || a.id } })));
}

// A Box is west, south, east, north in degrees.
export type Box = [number, number, number, number];

// boxOf returns the smallest box around positions, or undefined for none.
export function boxOf(positions: Iterable<readonly number[]>): Box | undefined {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x = NaN, y = NaN] of positions) {
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return box[0] <= box[2] ? box : undefined;
}

export const corners = (polygons: readonly Polygon[] | null | undefined) => (polygons ?? []).flatMap((p) => p.coordinates[0] ?? []);
