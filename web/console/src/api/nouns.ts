// The nouns of the API by their own names; the schemas say what each is.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Authorisation = Schemas['Authorisation'];
export type AuditEntry = Schemas['AuditEntry'];
export type BuildingCollection = Schemas['BuildingCollection'];
export type BuildingFeature = Schemas['BuildingFeature'];
export type BuildingProbability = Schemas['BuildingProbability'];
export type Credentials = Schemas['Credentials'];
export type DecisionKind = Schemas['DecisionKind'];
export type Detection = Schemas['Detection'];
export type Plume = Schemas['Plume'];
export type ErrorBody = Schemas['Error'];
export type Evidence = Schemas['Evidence'];
export type Flight = Schemas['Flight'];
export type FlightClosed = Schemas['FlightClosed'];
export type FlightPath = Schemas['FlightPath'];
export type Lead = Schemas['Lead'];
export type LeadStatus = Schemas['LeadStatus'];
export type Me = Schemas['Me'];
export type Moving = Schemas['Moving'];
export type PathPoint = Schemas['PathPoint'];
export type Point = Schemas['Point'];
export type Polygon = Schemas['Polygon'];
export type Posterior = Schemas['Posterior'];
export type Release = Schemas['Release'];
export type Rhythm = Schemas['Rhythm'];
export type Sealed = Schemas['Sealed'];
export type Site = Schemas['Site'];
export type Source = Schemas['Source'];
export type SourceStatus = Schemas['SourceStatus'];
export type Status = Schemas['Status'];
export type Step = Schemas['Step'];
export type Visit = Schemas['Visit'];
export type WeekHour = Schemas['WeekHour'];
export type Words = Schemas['Words'];
