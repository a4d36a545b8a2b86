// Which metadata belongs to the picture that is shown.
import type { Point, View } from '../api/nouns';

// A picture and the metadata that is told to belong to it lie at most so far
// apart: the server keeps five a second.
export const farthestMs = 1000;

// nearest returns the view whose time is nearest to one, of views in the order
// of their times; none where it is too far.
export function nearest(views: readonly View[], atMs: number): View | undefined {
  let low = 0;
  let high = views.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Date.parse(views[middle]!.time) < atMs) low = middle + 1;
    else high = middle;
  }
  const off = (v: View | undefined) => (v ? Math.abs(Date.parse(v.time) - atMs) : Infinity);
  const best = off(views[low - 1]) <= off(views[low]) ? views[low - 1] : views[low];
  return off(best) <= farthestMs ? best : undefined;
}

// middleOf returns the middle of what a view shows of the ground.
export function middleOf({ corners }: View): { lon: number; lat: number } | undefined {
  if (!corners?.length) return undefined;
  const mean = (of: (p: Point) => number) => corners.reduce((sum, p) => sum + of(p), 0) / corners.length;
  return { lon: mean((p) => p.lon_deg), lat: mean((p) => p.lat_deg) };
}
