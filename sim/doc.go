// Package sim is a world with known truth: a made-up town at sea, one hidden
// source in one of its buildings, a wind that meanders, a plume of Lagrangian
// puffs, and an aircraft that reads a gas sensor on its way to and fro over the
// roofs. It sends what the sensor says through the same door as a real gateway,
// as bytes of the plain files, and afterwards scores the answer.
//
// It shares no physics with the inversion: it imports nothing of core, and no
// formula of a plume stands in it. The same scenario gives the same bytes.
//
// Lengths are metres, times seconds, masses kilograms, unless a name says
// otherwise. Local places are east, north and up of the scenario's origin,
// which is on the ground.
package sim
