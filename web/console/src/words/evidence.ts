// What the numbers of a site say, in plain words.
import type { BuildingProbability, LeadStatus, Polygon, Site, Step } from '../api/nouns';
import { inWords, percent } from './numbers';

// credible returns the fewest buildings, most probable first, that together
// reach the probability; the empty list when all of them do not.
export function credible(buildings: readonly BuildingProbability[], probability: number): BuildingProbability[] {
  const ranked = [...buildings].sort((a, b) => b.probability - a.probability);
  let sum = 0;
  for (const [i, b] of ranked.entries()) {
    sum += b.probability;
    if (sum >= probability - 1e-9) return ranked.slice(0, i + 1);
  }
  return [];
}

// whichBuilding says where the source is among the buildings.
export function whichBuilding(buildings: readonly BuildingProbability[], elsewhere: number): string {
  if (buildings.length === 0) return 'No known building lies where the source may be.';
  const few = credible(buildings, 0.9);
  if (few.length === 0) {
    const known = buildings.reduce((sum, b) => sum + b.probability, 0);
    return `The known buildings hold ${percent(known)} between them; the probability that the source is in none of them is ${percent(elsewhere)}.`;
  }
  const held = percent(few.reduce((sum, b) => sum + b.probability, 0));
  if (few.length === 1) return `This building holds the source, with a probability of ${held}.`;
  return `One of these ${inWords(few.length)} buildings holds the source, with a probability of ${held}.`;
}

const metresPerDegree = 111_320;

// areaOf returns the area of polygons in square metres, by the shoelace
// formula on a plane at their own latitude: good to a fraction of a percent
// for a region of some kilometres.
export function areaOf(polygons: readonly Polygon[]): number {
  let total = 0;
  for (const polygon of polygons) {
    for (const [i, ring] of polygon.coordinates.entries()) {
      const k = Math.cos(((ring[0]?.[1] ?? 0) * Math.PI) / 180) * metresPerDegree * metresPerDegree;
      let twice = 0;
      for (let j = 0; j + 1 < ring.length; j++) {
        const [ax = 0, ay = 0] = ring[j] ?? [];
        const [bx = 0, by = 0] = ring[j + 1] ?? [];
        twice += ax * by - bx * ay;
      }
      total += ((i === 0 ? 1 : -1) * Math.abs(twice) * k) / 2;
    }
  }
  return total;
}

export const siteWords = (site: Site) => ({ candidate: 'Candidate', withdrawn: 'Withdrawn' })[site.status];

export const leadWords: Record<LeadStatus, string> = {
  raised: 'Raised, awaits a second person',
  approved: 'Approved, awaits release',
  released: 'Released to the partner',
  acknowledged: 'Acknowledged, awaits the outcome',
  closed: 'Closed',
  declined: 'Declined',
  recalled: 'Withdrawn before release',
};

export const stepWords: Partial<Record<Step['kind'], string>> = {
  raise_lead: 'Raised',
  approve_lead: 'Approved',
  decline_lead: 'Declined',
  release_lead: 'Released',
  withdraw_lead: 'Withdrawn',
  acknowledge_lead: 'Acknowledged by the partner',
  report_outcome: 'Outcome reported',
};

export const outcomeWords = {
  confirmed: 'Confirmed: what was reported was there',
  nothing_found: 'Nothing was found',
  another_cause: 'Something else emitted',
  not_acted_on: 'Not acted on',
} as const;

// shortID is enough of a hashed name to tell it from its neighbours.
export const shortID = (id: string) => id.replace(/^[a-z]+-([0-9a-f]{7})[0-9a-f]{25}$/, '$1');
