import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Palette } from './palette';

// The groups of layers that can be switched on and off, in the order of the list.
export const groups = [
  { id: 'sites', words: 'Sites' },
  { id: 'regions', words: 'Where the source may be' },
  { id: 'buildings', words: 'Buildings' },
  { id: 'detections', words: 'Detections' },
  { id: 'plumes', words: 'Plumes' },
  { id: 'paths', words: 'Flight paths' },
  { id: 'moving', words: 'What moves now' },
  { id: 'authorised', words: 'Authorised areas' },
] as const;
export type Group = (typeof groups)[number]['id'];

export const sources = ['land', 'borders', 'grid', 'authorised', 'buildings', 'segments', 'readings', 'regions', 'plumes', 'sites', 'detections', 'footprint'] as const;
export type SourceName = (typeof sources)[number];

// Widths and radii grow with the zoom: [at zoom 10, at zoom 17].
const grow = (small: number, large: number) => ['interpolate', ['linear'], ['zoom'], 10, small, 17, large] as const;

// layers returns every layer, lowest first. A layer's group is in its metadata.
export function layers(c: Palette): LayerSpecification[] {
  const ramp = ['interpolate', ['linear'], ['get', 't'], 0, c.ramp[0], 0.33, c.ramp[1], 0.67, c.ramp[2], 1, c.ramp[3]];
  const level = (n: number) => ['==', ['get', 'level'], n];
  const likely = ['interpolate', ['linear'], ['sqrt', ['get', 'p']], 0, c.building, 1, c.likely];
  const list: unknown[] = [
    { id: 'sea', type: 'background', paint: { 'background-color': c.sea } },
    { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': c.land } },
    { id: 'grid', type: 'line', source: 'grid', paint: { 'line-color': c.grid, 'line-width': 1 } },
    { id: 'coast', type: 'line', source: 'land', paint: { 'line-color': c.coast, 'line-width': 1 } },
    { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': c.border, 'line-width': 1 } },

    { id: 'authorised', type: 'line', source: 'authorised', metadata: 'authorised', paint: { 'line-color': c.authorised, 'line-width': 1.25, 'line-dasharray': [4, 3] } },

    { id: 'buildings', type: 'fill', source: 'buildings', metadata: 'buildings', minzoom: 12.5, paint: { 'fill-color': likely } },
    { id: 'building-edges', type: 'line', source: 'buildings', metadata: 'buildings', minzoom: 14, paint: { 'line-color': ['case', ['>=', ['get', 'p'], 0.01], c.likely, c.buildingEdge], 'line-width': ['case', ['>=', ['get', 'p'], 0.05], 1.75, 0.75] } },

    { id: 'region95', type: 'fill', source: 'regions', metadata: 'regions', filter: level(95), paint: { 'fill-color': c.region, 'fill-opacity': 0.08 } },
    { id: 'region90', type: 'fill', source: 'regions', metadata: 'regions', filter: level(90), paint: { 'fill-color': c.region, 'fill-opacity': 0.12 } },
    { id: 'region50', type: 'fill', source: 'regions', metadata: 'regions', filter: level(50), paint: { 'fill-color': c.region, 'fill-opacity': 0.22 } },
    { id: 'edge95', type: 'line', source: 'regions', metadata: 'regions', filter: level(95), paint: { 'line-color': c.region, 'line-width': 1, 'line-dasharray': [1, 2] } },
    { id: 'edge90', type: 'line', source: 'regions', metadata: 'regions', filter: level(90), paint: { 'line-color': c.region, 'line-width': 1.25, 'line-dasharray': [4, 2] } },
    { id: 'edge50', type: 'line', source: 'regions', metadata: 'regions', filter: level(50), paint: { 'line-color': c.region, 'line-width': 1.5 } },

    { id: 'segments', type: 'line', source: 'segments', metadata: 'paths', layout: { 'line-cap': 'round' }, paint: { 'line-color': ramp, 'line-width': grow(1.25, 2.5), 'line-opacity': ['interpolate', ['linear'], ['get', 't'], 0, 0.55, 0.3, 1] } },
    { id: 'readings', type: 'circle', source: 'readings', metadata: 'paths', layout: { 'circle-sort-key': ['get', 't'] }, paint: { 'circle-color': ramp, 'circle-radius': grow(1, 3.5) } },

    { id: 'plumes', type: 'fill', source: 'plumes', metadata: 'plumes', paint: { 'fill-color': c.found, 'fill-opacity': 0.12 } },
    { id: 'plume-edges', type: 'line', source: 'plumes', metadata: 'plumes', paint: { 'line-color': c.found, 'line-width': 1.25 } },

    { id: 'site-regions', type: 'line', source: 'sites', metadata: 'sites', paint: { 'line-color': c.site, 'line-width': ['case', ['get', 'selected'], 2.5, 1.25], 'line-opacity': ['case', ['get', 'withdrawn'], 0.4, 1] } },
    { id: 'detections', type: 'circle', source: 'detections', metadata: 'detections', paint: { 'circle-color': c.found, 'circle-opacity': 0.15, 'circle-radius': grow(4, 9), 'circle-stroke-color': c.found, 'circle-stroke-width': 1.75 } },

    { id: 'footprint', type: 'fill', source: 'footprint', paint: { 'fill-color': c.found, 'fill-opacity': 0.12 } },
    { id: 'footprint-edge', type: 'line', source: 'footprint', paint: { 'line-color': c.found, 'line-width': 2 } },
  ];
  return list as LayerSpecification[];
}

export function style(c: Palette): StyleSpecification {
  const empty = { type: 'FeatureCollection' as const, features: [] };
  return {
    version: 8,
    sources: Object.fromEntries(
      sources.map((s) => [s, { type: 'geojson' as const, data: empty, ...(s === 'land' ? { attribution: 'Natural Earth' } : {}) }]),
    ),
    layers: layers(c),
  };
}
