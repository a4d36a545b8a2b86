// Package vigia holds the nouns of the ground system: what a sensor said
// (Observation, Wind), who permitted it (Authorisation, Flight), what was
// worked out from it (Detection, Posterior, Site) and what people decided
// (Lead, Decision, Release, Outcome). A file each.
//
// The nouns know nothing of files, sockets, SQL or messages. Times are UTC.
// Places are WGS 84 in degrees and metres above the ellipsoid. A number that
// is not known is 0 where 0 cannot be a value, and a nil pointer elsewhere.
package vigia
