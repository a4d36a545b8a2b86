import type { Feature, FeatureCollection } from 'geojson';
import type { Box } from './features';

const steps = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];

// stepFor returns the coarsest step that puts at least three lines across.
export const stepFor = (widthDeg: number) => steps.find((s) => widthDeg / s >= 3) ?? 0.0001;

// lines returns the multiples of step from low to high.
export function lines(low: number, high: number, step: number): number[] {
  const out: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high && out.length < 200; i++) out.push(i * step);
  return out;
}

// graticule returns the meridians and parallels of a box, grown by its own
// width so that a small pan does not run out of them.
export function graticule([w, s, e, n]: Box, step: number): FeatureCollection {
  const [dx, dy] = [e - w, n - s];
  const west = Math.max(-180, w - dx);
  const east = Math.min(180, e + dx);
  const south = Math.max(-85, s - dy);
  const north = Math.min(85, n + dy);
  const line = (coordinates: number[][]): Feature => ({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates } });
  return {
    type: 'FeatureCollection',
    features: [
      ...lines(west, east, step).map((x) => line([[x, south], [x, north]])),
      ...lines(south, north, step).map((y) => line([[west, y], [east, y]])),
    ],
  };
}

// label writes a line's degrees with as many digits as its step needs.
export function label(x: number, step: number, axis: 'lon' | 'lat'): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const side = Math.abs(x) < 1e-9 ? '' : axis === 'lon' ? (x < 0 ? ' W' : ' E') : x < 0 ? ' S' : ' N';
  return `${Math.abs(x).toFixed(digits)}°${side}`;
}
