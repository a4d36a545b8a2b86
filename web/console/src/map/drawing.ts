import type { Moving, Point } from '../api/nouns';

export interface Inks {
  aircraft: string;
  view: string;
  vehicle: string;
  halo: string;
}

type Project = (p: readonly [number, number]) => { x: number; y: number };

const at = (p: Point): [number, number] => [p.lon_deg, p.lat_deg];

// draw paints the picture of what moves. It is a picture of its own above the
// map, because the map takes many times as long to draw itself again.
export function draw(c: CanvasRenderingContext2D, picture: Moving, project: Project, inks: Inks) {
  c.save();
  c.lineWidth = 1;
  for (const a of picture.aircraft ?? []) {
    if (a.corners?.length === 4) outline(c, a.corners.map((p) => project(at(p))), inks.view);
  }
  c.fillStyle = inks.vehicle; // squares: a thousand circles cost ten times as much
  for (const v of picture.vehicles ?? []) {
    for (const p of v.at ?? []) {
      const q = project(p as [number, number]);
      c.fillRect(q.x - 2, q.y - 2, 4, 4);
    }
  }
  for (const a of picture.aircraft ?? []) arrow(c, project(at(a.at)), a.heading_deg, inks);
  c.font = '11px system-ui, sans-serif';
  c.lineWidth = 3;
  for (const a of picture.aircraft ?? []) {
    const q = project(at(a.at));
    c.strokeStyle = inks.halo;
    c.strokeText(a.sensor, q.x + 11, q.y + 4);
    c.fillStyle = inks.aircraft;
    c.fillText(a.sensor, q.x + 11, q.y + 4);
  }
  c.restore();
}

function outline(c: CanvasRenderingContext2D, corners: { x: number; y: number }[], ink: string) {
  c.beginPath();
  corners.forEach((p, i) => (i === 0 ? c.moveTo(p.x, p.y) : c.lineTo(p.x, p.y)));
  c.closePath();
  c.strokeStyle = ink;
  c.stroke();
}

// arrow is an aircraft: it points where the aircraft heads, or is round where
// that is not known.
function arrow(c: CanvasRenderingContext2D, p: { x: number; y: number }, heading: number | undefined, inks: Inks) {
  c.save();
  c.translate(p.x, p.y);
  c.beginPath();
  if (heading === undefined) {
    c.arc(0, 0, 5, 0, 2 * Math.PI);
  } else {
    c.rotate((heading * Math.PI) / 180);
    c.moveTo(0, -9);
    c.lineTo(6, 7);
    c.lineTo(0, 4);
    c.lineTo(-6, 7);
    c.closePath();
  }
  c.fillStyle = inks.aircraft;
  c.strokeStyle = inks.halo;
  c.lineWidth = 2;
  c.stroke();
  c.fill();
  c.restore();
}

// count says what is in the picture.
export function count(picture: Moving): { aircraft: number; vehicles: number } {
  return {
    aircraft: picture.aircraft?.length ?? 0,
    vehicles: (picture.vehicles ?? []).reduce((n, v) => n + (v.at?.length ?? 0), 0),
  };
}
