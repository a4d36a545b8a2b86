import { feature, mesh } from 'topojson-client';
import type { Feature, FeatureCollection } from 'geojson';
import type { GeometryCollection, Topology } from 'topojson-specification';
import countriesURL from 'world-atlas/countries-50m.json?url';

type Atlas = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

// basemap reads Natural Earth's land and borders (1:50 million), which come
// with the console: it asks nothing of the internet.
export async function basemap(): Promise<{ land: FeatureCollection; borders: Feature }> {
  const atlas = (await (await fetch(countriesURL)).json()) as Atlas;
  return {
    land: feature(atlas, atlas.objects.land),
    borders: { type: 'Feature', properties: {}, geometry: mesh(atlas, atlas.objects.countries, (a, b) => a !== b) },
  };
}
