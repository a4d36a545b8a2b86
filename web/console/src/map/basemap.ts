import { feature, mesh } from 'topojson-client';
import type { Feature, FeatureCollection, MultiPolygon } from 'geojson';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { unwrap } from '../earth/unwrap';
import countriesURL from 'world-atlas/countries-50m.json?url';

type Atlas = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

function land(atlas: Atlas): Feature<MultiPolygon>[] {
  return feature(atlas, atlas.objects.land).features.flatMap(({ geometry }) => {
    if (geometry.type !== 'MultiPolygon') return [];
    const coordinates = geometry.coordinates.map((polygon) => polygon.map(unwrap));
    return [{ type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates } }];
  });
}

// basemap reads Natural Earth's land and borders (1:50 million), which come
// with the console: it asks nothing of the internet.
export async function basemap(): Promise<{ land: FeatureCollection; borders: Feature }> {
  const atlas = (await (await fetch(countriesURL)).json()) as Atlas;
  return {
    land: { type: 'FeatureCollection', features: land(atlas) },
    borders: { type: 'Feature', properties: {}, geometry: mesh(atlas, atlas.objects.countries, (a, b) => a !== b) },
  };
}
