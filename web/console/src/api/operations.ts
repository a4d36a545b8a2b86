// One function an operation of openapi.json, by its operationId.
import { addressOf, get, getText, post } from './client';
import type {
  AuditEntry,
  Authorisation,
  BuildingCollection,
  Credentials,
  Detection,
  Flight,
  FlightPath,
  Lead,
  Me,
  Plume,
  Posterior,
  Proposal,
  Rhythm,
  Sealed,
  Site,
  SourceStatus,
  Status,
  VideoSource,
  View,
  Visit,
} from './nouns';

const id = encodeURIComponent;

export const login = (c: Credentials) => post<Me>('/login', c);
export const logout = () => post<void>('/logout');
export const me = () => get<Me>('/me');

export const listAuthorisations = () => get<Authorisation[]>('/authorisations');
export const listFlights = () => get<Flight[]>('/flights');
export const flightPath = (flight: string, after?: string) => get<FlightPath>(`/flights/${id(flight)}/path`, { after });
export const flightProposal = (flight: string, windFromDeg: number) => get<Proposal>(`/flights/${id(flight)}/proposal`, { wind_from_deg: windFromDeg });
export const listBuildings = (bbox: readonly number[]) => get<BuildingCollection>('/buildings', { bbox: bbox.map((n) => n.toFixed(6)).join(',') });

export const listPlumes = (flight?: string, limit?: number) => get<Plume[]>('/plumes', { flight, limit });
export const listDetections = (flight?: string, limit?: number) => get<Detection[]>('/detections', { flight, limit });
export const listPosteriors = (flight?: string) => get<Posterior[]>('/posteriors', { flight });
export const listVideo = () => get<VideoSource[]>('/video');
export const playlistAddress = (flight: string, source: string) => addressOf(`/flights/${id(flight)}/video.m3u8`, { source });
export const listViews = (flight: string, source: string, from?: string) => get<View[]>(`/flights/${id(flight)}/looks`, { source, from });

export const listSites = () => get<Site[]>('/sites');
export const listSiteVisits = (site: string) => get<Visit[]>(`/sites/${id(site)}/visits`);
export const getSiteRhythm = (site: string) => get<Rhythm>(`/sites/${id(site)}/rhythm`);

export const listLeads = () => get<Lead[]>('/leads');
export const raiseLead = (site: Site, note: string) => post<Lead>('/leads', { site: site.id, version: site.version, note });

export type LeadVerb = 'approve' | 'decline' | 'release' | 'withdraw';
export const stepLead = (lead: Lead, verb: LeadVerb, note: string) =>
  post<Lead>(`/leads/${id(lead.id)}/${verb}`, { version: lead.version, note });

export const listSealed = () => get<Sealed[]>('/sealed');
export const auditCheckpoint = () => getText('/audit/checkpoint');
export const listAuditEntries = (from: number, limit: number) => get<AuditEntry[]>('/audit/entries', { from, limit });
export const status = () => get<Status>('/status');
export const listSources = () => get<SourceStatus[]>('/sources');
