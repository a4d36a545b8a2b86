// Package dispersion holds forward models: from a source and the wind to the
// concentration that a sensor would meet. Each cites the paper it is from.
//
// Units are SI: metres, seconds, kg/s, kg/m³, unless a name says otherwise.
// Downwind distance is x, crosswind distance y (left of the wind positive),
// height above the ground z.
package dispersion
