// The one thing that both pages need: rings of the atlas that a flat map can
// draw. The atlas is made for a globe: a ring may run across the antimeridian,
// where its longitudes jump from 180 to -180, or around a pole.

type Position = number[];

// unwrap returns the ring with no jump in longitude, so that it may leave
// -180 to 180, and with a ring around a pole led along the map's edge.
export function unwrap(ring: readonly Position[]): Position[] {
  const out: Position[] = [];
  let turns = 0;
  let before: number | undefined;
  for (const [lon = 0, lat = 0] of ring) {
    if (before !== undefined && Math.abs(lon - before) > 180) turns += lon > before ? -1 : 1;
    before = lon;
    out.push([lon + 360 * turns, lat]);
  }
  const first = out[0];
  const last = out.at(-1);
  if (turns !== 0 && first && last) {
    const pole = first[1]! < 0 ? -90 : 90;
    out.push([last[0]!, pole], [first[0]!, pole], first);
  }
  return out;
}
