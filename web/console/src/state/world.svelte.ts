import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import * as api from '../api/operations';
import type { Authorisation, BuildingFeature, Detection, Flight, Lead, PathPoint, Plume, Posterior, Site } from '../api/nouns';
import { connect, type Happening, type Liveness } from '../live/events';
import { sentence, session } from './session.svelte';

// A Piece of news is one line for the head of the page.
export interface News {
  at: string;
  words: string;
}

// The flights whose paths are drawn without being asked for.
const pathsAtFirst = 8;
// Buildings are asked for only where a rectangle is at most this wide.
const widestBBoxDeg = 0.25;

// The World is what the server knows, as far as this page has been told: read
// once at the opening of the stream, then kept up by its events.
class World {
  flights = new SvelteMap<string, Flight>();
  authorisations = new SvelteMap<string, Authorisation>();
  detections = new SvelteMap<string, Detection>();
  plumes = new SvelteMap<string, Plume>();
  posteriors = new SvelteMap<string, Posterior>(); // by flight
  sites = new SvelteMap<string, Site>();
  leads = new SvelteMap<string, Lead>();
  buildings = new SvelteMap<string, BuildingFeature>();
  paths = new SvelteMap<string, PathPoint[]>();
  shown = new SvelteSet<string>(); // flights whose paths are drawn

  liveness = $state<Liveness>('connecting');
  loaded = $state(false);
  pathsLoaded = $state(false);
  failure = $state('');
  news = $state<News | undefined>();

  #disconnect: (() => void) | undefined;
  #asked = new Set<string>();

  start(): void {
    this.#disconnect ??= connect({
      happened: (h) => this.apply(h),
      liveness: (l) => (this.liveness = l),
      opened: (resumed) => {
        if (!resumed || !this.loaded) void this.load();
      },
      refused: () => void session.stillThere(),
    });
  }

  stop(): void {
    this.#disconnect?.();
    this.#disconnect = undefined;
    this.loaded = false;
    this.pathsLoaded = false;
    this.news = undefined;
    this.#asked.clear();
    for (const m of [this.flights, this.authorisations, this.detections, this.plumes, this.posteriors, this.sites, this.leads, this.buildings, this.paths]) m.clear();
    this.shown.clear();
  }

  async load(): Promise<void> {
    const run = this.#disconnect;
    try {
      const [flights, authorisations, detections, plumes, posteriors, sites, leads] = await Promise.all([
        api.listFlights(),
        api.listAuthorisations(),
        api.listDetections(undefined, 2000),
        api.listPlumes(undefined, 500),
        api.listPosteriors(),
        api.listSites(),
        api.listLeads(),
      ]);
      if (run !== this.#disconnect) return; // logged out meanwhile
      for (const f of flights) this.#putFlight(f);
      for (const a of authorisations) this.authorisations.set(a.id, a);
      for (const d of detections) this.detections.set(d.id, d);
      for (const p of plumes) this.plumes.set(p.id, p);
      for (const p of posteriors) this.#putPosterior(p);
      for (const s of sites) this.#putSite(s);
      for (const l of leads) this.putLead(l);
      for (const f of flights.slice(0, pathsAtFirst)) this.shown.add(f.id);
      this.failure = '';
      this.loaded = true;
      await Promise.all([...this.shown].map((f) => this.loadPath(f)));
    } catch (e) {
      this.failure = sentence(e);
    } finally {
      this.pathsLoaded = this.loaded;
    }
  }

  // apply puts one event in its place. Each noun comes whole, so that an event
  // that is seen twice or late changes nothing.
  apply(h: Happening): void {
    switch (h.subject) {
      case 'flight.changed':
        if (!this.flights.has(h.data.id)) this.shown.add(h.data.id);
        this.#putFlight(h.data);
        this.#tell(`Flight ${h.data.id} ${h.data.ended ? 'has ended' : 'is registered'}`);
        if (!this.authorisations.has(h.data.authorisation)) void this.#loadAuthorisations();
        return;
      case 'flight.closed':
        void this.loadPath(h.data.flight);
        this.#tell(`The data of flight ${h.data.flight} is complete`);
        return;
      case 'detection.found':
        this.detections.set(h.data.id, h.data);
        this.#tell(`${h.data.chemical} detected by ${h.data.sensor} of flight ${h.data.flight}`);
        return;
      case 'plume.found':
        this.plumes.set(h.data.id, h.data);
        this.#tell(`Plume of ${h.data.chemical} found by ${h.data.sensor} of flight ${h.data.flight}`);
        return;
      case 'source.located':
        this.#putPosterior(h.data);
        this.#tell(`Source located by flight ${h.data.flight}`);
        return;
      case 'site.changed':
        this.#putSite(h.data);
        this.#tell(`Site of ${h.data.chemical} is now ${h.data.status}, version ${h.data.version}`);
        return;
      default:
        this.putLead(h.data);
        this.#tell(`Lead on ${h.data.site.chemical} is now ${h.data.status}`);
    }
  }

  putLead(l: Lead): void {
    const old = this.leads.get(l.id);
    if (!old || old.version <= l.version) this.leads.set(l.id, l);
  }

  #putFlight(f: Flight): void {
    const old = this.flights.get(f.id);
    if (!old?.ended || f.ended) this.flights.set(f.id, f);
  }

  #putPosterior(p: Posterior): void {
    const old = this.posteriors.get(p.flight);
    if (!old || Date.parse(old.as_of) <= Date.parse(p.as_of)) this.posteriors.set(p.flight, p);
  }

  #putSite(s: Site): void {
    const old = this.sites.get(s.id);
    if (!old || old.version <= s.version) this.sites.set(s.id, s);
  }

  #tell(words: string): void {
    this.news = { at: new Date().toISOString(), words };
  }

  async #loadAuthorisations(): Promise<void> {
    try {
      for (const a of await api.listAuthorisations()) this.authorisations.set(a.id, a);
    } catch (e) {
      this.failure = sentence(e);
    }
  }

  // loadPath reads a flight's whole path.
  async loadPath(flight: string): Promise<void> {
    const { points } = await api.flightPath(flight);
    this.paths.set(flight, points);
  }

  // follow reads what is new on the shown paths of flights that have not ended.
  async follow(): Promise<void> {
    const flying = [...this.shown].filter((f) => this.flights.get(f)?.ended === false);
    // One after the other: fifty at once would hold up what moves.
    for (const flight of flying) {
      const known = this.paths.get(flight) ?? [];
      const { points } = await api.flightPath(flight, known.at(-1)?.time);
      if (points.length) this.paths.set(flight, [...known, ...points]);
    }
  }

  async show(flight: string): Promise<void> {
    if (this.shown.has(flight)) return;
    this.shown.add(flight);
    try {
      if (!this.paths.has(flight)) await this.loadPath(flight);
    } catch (e) {
      this.failure = sentence(e);
    }
  }

  // loadBuildings reads the buildings of a rectangle (west, south, east,
  // north), each rectangle once. A wider one than people can see is not read.
  async loadBuildings(bbox: readonly [number, number, number, number]): Promise<void> {
    const [w, s, e, n] = bbox;
    if (e - w > widestBBoxDeg || n - s > widestBBoxDeg) return;
    const step = 0.02;
    const grown = [Math.floor(w / step), Math.floor(s / step), Math.ceil(e / step), Math.ceil(n / step)].map((i) => i * step);
    const key = grown.map((x) => x.toFixed(2)).join(',');
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    try {
      for (const b of (await api.listBuildings(grown)).features) this.buildings.set(b.id, b);
    } catch (err) {
      this.#asked.delete(key);
      this.failure = sentence(err);
    }
  }
}

export const world = new World();
