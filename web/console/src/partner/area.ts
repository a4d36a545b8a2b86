// The arithmetic of the small map: metres around a place, and a scale bar.

export interface Place {
  lon_deg: number;
  lat_deg: number;
}

const metresPerDegree = 111_320;

// grid returns the longitudes and latitudes that cross a square of the given
// half-width, metres, as offsets in metres from the centre.
export function grid(at: Place, halfM: number): { step: number; east: { at: number; deg: number }[]; north: { at: number; deg: number }[] } {
  const perLon = metresPerDegree * Math.cos((at.lat_deg * Math.PI) / 180);
  const step = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001].find((s) => (2 * halfM) / (s * metresPerDegree) >= 2.5) ?? 0.0001;
  const across = (centre: number, per: number) => {
    const out: { at: number; deg: number }[] = [];
    const half = halfM / per;
    for (let i = Math.ceil((centre - half) / step); i * step <= centre + half; i++) out.push({ at: (i * step - centre) * per, deg: i * step });
    return out;
  };
  return { step, east: across(at.lon_deg, perLon), north: across(at.lat_deg, metresPerDegree) };
}

// bar returns the longest round length that is at most a third of the width.
export function bar(widthM: number): number {
  const most = widthM / 3;
  const ten = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((k) => k * ten).find((x) => x <= most) ?? ten;
}

export const degrees = (x: number, digits: number, axis: 'lon' | 'lat', language: 'es' | 'en') =>
  `${Math.abs(x).toFixed(digits)}° ${axis === 'lat' ? (x < 0 ? 'S' : 'N') : x < 0 ? (language === 'es' ? 'O' : 'W') : 'E'}`;
