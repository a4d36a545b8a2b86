// A made-up town at sea, two flights over it, one that is under way, and what
// was worked out from them. Everything is computed from a seed. The numbers
// are for looking at: nothing here is a result.

const origin = { lon: -18.2, lat: 24.8 };
const perLat = 111_320;
const perLon = perLat * Math.cos((origin.lat * Math.PI) / 180);

const round = (x, n) => Math.round(x * 10 ** n) / 10 ** n;
const position = (x, y) => [round(origin.lon + x / perLon, 7), round(origin.lat + y / perLat, 7)];
const point = (x, y, alt_m = 0) => {
  const [lon_deg, lat_deg] = position(x, y);
  return { lon_deg, lat_deg, alt_m };
};
const polygon = (corners) => ({ type: 'Polygon', coordinates: [[...corners, corners[0]].map(([x, y]) => position(x, y))] });
const hash = (kind, n) => `${kind}-${(0x1f3a5c00 + n * 7919).toString(16).padStart(8, '0').repeat(4)}`;

// A linear congruential generator (Numerical Recipes, section 7.1).
function random(seed) {
  let s = seed >>> 0;
  return () => (s = (1664525 * s + 1013904223) >>> 0) / 2 ** 32;
}

const source = { x: 46, y: 31, windFromDeg: 245 };

function ellipse(x, y, a, b, azimuthDeg, k) {
  const t = (azimuthDeg * Math.PI) / 180;
  const corners = Array.from({ length: 48 }, (_, i) => {
    const p = (2 * Math.PI * i) / 48;
    const [u, v] = [k * a * Math.cos(p), k * b * Math.sin(p)];
    return [x + u * Math.sin(t) + v * Math.cos(t), y + u * Math.cos(t) - v * Math.sin(t)];
  });
  return [polygon(corners)];
}

function town() {
  const next = random(7);
  const out = [];
  for (let i = -9; i <= 9; i++) {
    for (let j = -7; j <= 7; j++) {
      if (next() < 0.22) continue;
      const [x, y] = [i * 34 + 6 * next(), j * 36 + 6 * next()];
      const [w, h] = [5 + 7 * next(), 5 + 8 * next()];
      const id = `b-${String(out.length + 1).padStart(4, '0')}`;
      out.push({ id, x, y, feature: { type: 'Feature', id, properties: null, geometry: polygon([[x - w, y - h], [x + w, y - h], [x + w, y + h], [x - w, y + h]]) } });
    }
  }
  return out;
}

const buildings = town();

// ranked gives the buildings near a place a probability by their distance.
function ranked(x, y, sd) {
  const weights = buildings.map((b) => ({ id: b.id, w: Math.exp(-((b.x - x) ** 2 + (b.y - y) ** 2) / (2 * sd * sd)) }));
  const sum = weights.reduce((s, b) => s + b.w, 0) / 0.96;
  const list = weights.map((b) => ({ id: b.id, probability: round(b.w / sum, 6) })).filter((b) => b.probability > 1e-4);
  list.sort((a, b) => b.probability - a.probability);
  return { list, elsewhere: round(1 - list.reduce((s, b) => s + b.probability, 0), 6) };
}

// path is a lawn-mower pattern, a reading a second at 12 m/s.
function path(start, seconds, seed, strength) {
  const next = random(seed);
  const downwind = ((source.windFromDeg + 180) * Math.PI) / 180;
  return Array.from({ length: seconds }, (_, s) => {
    const leg = Math.floor(s / 50);
    const along = ((s % 50) - 25) * 12;
    const x = leg % 2 ? -along : along;
    const y = -250 + leg * 42;
    const [dx, dy] = [x - source.x, y - source.y];
    const d = dx * Math.sin(downwind) + dy * Math.cos(downwind);
    const c = dx * Math.cos(downwind) - dy * Math.sin(downwind);
    const width = 6 + 0.16 * Math.max(d, 0);
    const plume = d > 0 ? (strength / width) * Math.exp(-(c * c) / (2 * width * width)) : 0;
    const value = round(0.42 + 0.03 * (next() + next() - 1) + plume * (0.5 + next()), 4);
    const [lon_deg, lat_deg] = position(x, y);
    return { time: new Date(start + s * 1000).toISOString(), lon_deg, lat_deg, value, sensor: 'pid-1', kind: 'point' };
  });
}

function detectionsOf(flight, points, first) {
  const out = [];
  let run = [];
  const close = () => {
    if (run.length > 1) {
      const peak = run.reduce((a, b) => (b.value > a.value ? b : a));
      out.push({
        id: hash('detection', first + out.length), flight, sensor: 'pid-1', chemical: 'acetone', from: run[0].time, to: run.at(-1).time,
        at: { lon_deg: peak.lon_deg, lat_deg: peak.lat_deg, alt_m: 60 }, readings: run.length, peak: peak.value, enhancement: round(peak.value - 0.42, 4),
        background: 0.42, noise: 0.012, threshold: 0.48, false_alarm: 1e-6, observations: run.map((_, i) => hash('observation', first * 1000 + i)), log: first + out.length,
      });
    }
    run = [];
  };
  for (const p of points) {
    if (p.value > 0.48) run.push(p);
    else close();
  }
  close();
  return out;
}

function emitter(x, y, a, b, azimuth, rate) {
  return {
    at: point(x, y), rate_kg_h: rate, rate_kg_h_lo: round(rate * 0.62, 3), rate_kg_h_hi: round(rate * 1.7, 3),
    ellipse: { semi_major_m: round(2.45 * a, 1), semi_minor_m: round(2.45 * b, 1), azimuth_deg: azimuth },
    region50: ellipse(x, y, a, b, azimuth, 1.18), region90: ellipse(x, y, a, b, azimuth, 2.15), region95: ellipse(x, y, a, b, azimuth, 2.45),
  };
}

function posterior(n, flight, asOf, readings, src, sd) {
  const near = ranked(source.x, source.y, sd);
  return {
    id: hash('posterior', n), flight, chemical: 'acetone', as_of: asOf, readings, count_probability: [0.004, 0.98, 0.016], sources: [src],
    buildings: near.list, elsewhere: near.elsewhere, method: 'mock 1', seed: 1,
  };
}

const evidence = (p, present) => ({
  flight: p.flight, posterior: p.id, index: 0, as_of: p.as_of, source: p.sources[0], present, buildings: p.buildings, elsewhere: p.elsewhere,
});

// make returns a fresh world. now is the present, milliseconds.
// views are where the camera looked while it took the video: along the town, to
// the east.
function views(from) {
  return Array.from({ length: 21 }, (_, i) => {
    const x = -60 + 6 * i;
    return {
      time: new Date(from + 200 * i).toISOString(), at: point(x - 40, 0, 150),
      corners: [[-40, 30], [40, 30], [30, -30], [-30, -30]].map(([dx, dy]) => point(x + dx, dy)),
    };
  });
}

export function make(now) {
  const starts = [now - 26 * 3600e3, now - 420e3];
  const iso = (t) => new Date(t).toISOString();
  const paths = new Map([
    ['survey-01', path(starts[0], 600, 11, 60)],
    ['survey-02', path(starts[1], 420, 12, 52)],
  ]);
  const flights = ['survey-02', 'survey-01'].map((id, i) => ({
    id, authorisation: 'auth-2031-04', purpose: 'exercise', aircraft: 'vg-3', chemical: 'acetone', ground_m: 0, registered_by: 'administrator-1', registered_at: iso(starts[1 - i] - 600e3), ended: id === 'survey-01',
  }));
  const one = posterior(1, 'survey-01', paths.get('survey-01').at(-1).time, 600, emitter(43, 26, 13, 8, 65, 2.1), 26);
  const two = posterior(2, 'survey-02', paths.get('survey-02').at(-1).time, 420, emitter(47, 33, 9, 6, 70, 1.8), 19);
  const near = ranked(source.x, source.y, 15);
  const joined = emitter(46, 31, 7, 5, 68, 1.9);
  const site = {
    id: hash('site', 1), chemical: 'acetone', status: 'candidate', version: 3, at: joined.at, rate_kg_h: 1.9, rate_kg_h_lo: joined.rate_kg_h_lo, rate_kg_h_hi: joined.rate_kg_h_hi,
    ellipse: joined.ellipse, region90: joined.region90, buildings: near.list, elsewhere: near.elsewhere, first_seen: paths.get('survey-01')[0].time, last_seen: two.as_of,
    evidence: [evidence(one, 0.97), evidence(two, 0.996)],
  };
  const gone = emitter(-190, 150, 24, 15, 20, 0.3);
  const old = {
    id: hash('site', 2), chemical: 'ammonia', status: 'withdrawn', version: 4, at: gone.at, rate_kg_h: 0.3, rate_kg_h_lo: 0.05, rate_kg_h_hi: 0.9, ellipse: gone.ellipse,
    region90: gone.region90, elsewhere: 1, first_seen: iso(starts[0]), last_seen: iso(starts[0] + 300e3), evidence: null,
  };
  return {
    authorisations: [{
      id: 'auth-2031-04', title: 'Exercise over the made-up town', purpose: 'exercise', host_reference: 'H-2031/117', partner_reference: 'P-2031/0042',
      volume: { footprint: polygon([[-420, -330], [420, -330], [420, 330], [-420, 330]]), floor_m: 0, ceiling_m: 300 },
      from: iso(now - 48 * 3600e3), until: iso(now + 48 * 3600e3), granted_by: 'administrator-1', granted_at: iso(now - 50 * 3600e3),
    }],
    videos: [{ flight: 'survey-01', source: 'nose', from: iso(starts[0]), until: iso(starts[0] + 4000), seconds: 4, segments: 1 }],
    views: views(starts[0]),
    flights, paths, posteriors: [two, one], sites: [site, old], leads: [], buildings: buildings.map((b) => b.feature),
    detections: [...detectionsOf('survey-02', paths.get('survey-02'), 200), ...detectionsOf('survey-01', paths.get('survey-01'), 100)].reverse(),
    plumes: [],
    sealed: [{ id: hash('sealed', 1), flight: 'survey-01', records: 37, reasons: { outside_volume: 37 }, sealed_at: iso(starts[0] + 700e3), recipient: 'age1mockmockmockmockmockmockmockmockmockmockmockmockmockmockmoc' }],
    sources: [
      source_('uav-1', 'udp://0.0.0.0:5001', 'ts', 'survey-02', 'up', now, { bytes_per_second: 70500, accepted: 91204, lag_seconds: 0.12, last_record: iso(now) }),
      source_('gates', 'mqtts://broker.example:8883', 'ground', 'survey-02', 'broken', now, { bad: 3, last_error: 'the broker did not answer within 10s', last_error_at: iso(now - 4000) }),
    ],
    started: iso(now - 3 * 3600e3),
  };
}

function source_(name, link, format, flight, state, now, more) {
  return {
    name, link, format, flight, state, since: new Date(now - 600e3).toISOString(), bytes: 0, accepted: 0, sealed: 0, repeated: 0, bad: 0, lost: 0,
    bytes_per_second: 0, records_per_second: 0, lag_seconds: 0, ...more,
  };
}

// moving is two aircraft on circles over the town, and the vehicles below them.
export function moving(world, now) {
  const aircraft = [0, 1].map((i) => {
    const t = now / 20e3 + i * 2.2;
    const [x, y] = [240 * Math.cos(t), 170 * Math.sin(t)];
    const corners = [[-70, 50], [70, 50], [60, -40], [-60, -40]].map(([u, v]) => point(0.6 * x + u, 0.6 * y + v));
    return { flight: 'survey-02', sensor: `uav-${i + 1}`, time: new Date(now).toISOString(), at: point(x, y, 120), heading_deg: round((360 - (t * 180) / Math.PI) % 360, 1), corners };
  });
  const vehicles = [{ flight: 'survey-02', sensor: 'uav-1', time: new Date(now).toISOString(), at: Array.from({ length: 9 }, (_, i) => position(-300 + ((now / 90 + i * 71) % 600), i % 2 ? 18 : -54)) }];
  return { aircraft, vehicles };
}

export { hash };
