// Package lang is what the system says in plain words, in English and Spanish.
// The two say the same: a test holds that every phrase has both.
package lang

import (
	"fmt"
	"strings"

	"github.com/vigia-project/vigia"
)

// A Tag is a language (BCP 47).
type Tag string

// The languages.
const (
	English Tag = "en"
	Spanish Tag = "es"
)

// Tags lists them.
func Tags() []Tag { return []Tag{English, Spanish} }

// phrases by key. Verbs of fmt stand in the same order in both.
var phrases = map[string]map[Tag]string{
	"release": {
		English: "Vapour of %s comes from within %s of the marked place. Seen on %s between %s and %s UTC.",
		Spanish: "El vapor de %s procede de menos de %s del lugar marcado. Observado en %s entre %s y %s UTC.",
	},
	"flights.one":  {English: "one flight", Spanish: "un vuelo"},
	"flights.many": {English: "%d flights", Spanish: "%d vuelos"},
	"rate": {
		English: "The estimated rate is %.2g kg/h.",
		Spanish: "La tasa estimada es de %.2g kg/h.",
	},
	"withheld.place": {
		English: "The place is moved to a grid of %g m.",
		Spanish: "El lugar se ha desplazado a una cuadrícula de %g m.",
	},
	"withheld.rate": {
		English: "The rate of emission is withheld.",
		Spanish: "La tasa de emisión no se comunica.",
	},
	"withheld.buildings": {
		English: "The buildings are withheld.",
		Spanish: "Los edificios no se comunican.",
	},
	"withheld.unlikely": {
		English: "Buildings of a probability below %[2]g %% are withheld (%[1]g of them).",
		Spanish: "No se comunican los edificios con una probabilidad inferior al %[2]g %% (son %[1]g).",
	},
	"buildings.one": {
		English: "One building is likely (%.0f %%). It is not certain: verify before you act.",
		Spanish: "Un edificio es probable (%.0f %%). No es seguro: verifique antes de actuar.",
	},
	"buildings.many": {
		English: "It is one of these %d buildings with %.0f %% probability. It is not certain which: verify before you act.",
		Spanish: "Es uno de estos %d edificios con una probabilidad del %.0f %%. No es seguro cuál: verifique antes de actuar.",
	},
	"buildings.none": {
		English: "No building is named. Verify before you act.",
		Spanish: "No se señala ningún edificio. Verifique antes de actuar.",
	},
	"recurs": {
		English: "Visits %s between %s and %s%s: on %d of %d watched days, about %s; by the other hours it would be %.1f; chance %s.",
		Spanish: "Visitas %s entre las %s y las %s%s: en %d de %d días vigilados, hacia las %s; según las demás horas serían %.1f; azar %s.",
	},
	"recurs.dwell":  {English: ", of %d–%d min", Spanish: ", de %d–%d min"},
	"chance.little": {English: "below 0.1 %%", Spanish: "inferior al 0.1 %%"},
	"together": {
		English: "After %s, %s within %d min: %d of %d times; without a tie it would be %.1f; chance %s.",
		Spanish: "Tras %s, %s en menos de %d min: %d de %d veces; sin relación serían %.1f; azar %s.",
	},
	"loading.long": {
		English: "%s stayed %d min from %s UTC, as for loading: the shorter stays here take about %d min; chance %s.",
		Spanish: "%s permaneció %d min desde el %s UTC, como para cargar o descargar: las estancias más cortas aquí duran unos %d min; azar %s.",
	},
	"loading.short": {
		English: "%d short stops of %s, of %d–%d min, from %s to %s UTC, as for loading: at other times it would be %.1f; chance %s.",
		Spanish: "%d paradas cortas de %s, de %d–%d min, del %s al %s UTC, como para cargar o descargar: en otros momentos serían %.1f; azar %s.",
	},
	"some":       {English: "at least %d of %s", Spanish: "al menos %d de %s"},
	"class":      {English: "“%s”", Spanish: "«%s»"},
	"class.none": {English: "a vehicle", Spanish: "un vehículo"},
	"more": {
		English: "More came than usual from %s to %s UTC: %d visits where %.1f are usual (%.0f %% sure).",
		Spanish: "Llegaron más que de costumbre del %s al %s UTC: %d visitas donde lo habitual son %.1f (seguridad del %.0f %%).",
	},
	"fewer": {
		English: "Fewer came than usual from %s to %s UTC: %d visits where %.1f are usual (%.0f %% sure).",
		Spanish: "Llegaron menos que de costumbre del %s al %s UTC: %d visitas donde lo habitual son %.1f (seguridad del %.0f %%).",
	},
}

// chemicals has the Spanish names of those whose name differs.
var chemicals = map[string]string{
	"methane": "metano", "ammonia": "amoníaco", "acetone": "acetona", "2-butanone": "2-butanona",
	"benzene": "benceno", "toluene": "tolueno", "dichloromethane": "diclorometano",
	"ethyl acetate": "acetato de etilo", "ethanol": "etanol", "methanol": "metanol",
	"isopropyl alcohol": "alcohol isopropílico", "hydrogen chloride": "cloruro de hidrógeno",
	"sulfur dioxide": "dióxido de azufre", "hydrogen sulfide": "sulfuro de hidrógeno",
	"phosphine": "fosfina", "sulphur hexafluoride": "hexafluoruro de azufre",
	"propane": "propano", "carbon dioxide": "dióxido de carbono",
	"1,3-butadiene": "1,3-butadieno", "acetic acid": "ácido acético",
	"acetic anhydride": "anhídrido acético", "acetylene": "acetileno", "butane": "butano",
	"carbon monoxide": "monóxido de carbono", "chlorine": "cloro", "chloroform": "cloroformo",
	"cyclohexane": "ciclohexano", "diethyl ether": "éter etílico", "ethane": "etano",
	"ethylene": "etileno", "formaldehyde": "formaldehído", "helium": "helio", "hexane": "hexano",
	"hydrogen": "hidrógeno", "hydrogen cyanide": "cianuro de hidrógeno",
	"hydrogen fluoride": "fluoruro de hidrógeno", "isobutane": "isobutano",
	"methylamine": "metilamina", "nitric oxide": "óxido nítrico",
	"nitrogen dioxide": "dióxido de nitrógeno", "nitrous oxide": "óxido nitroso",
	"pentane": "pentano", "propylene": "propileno", "styrene": "estireno",
	"tetrahydrofuran": "tetrahidrofurano", "vinyl chloride": "cloruro de vinilo", "xylene": "xileno",
}

// Chemical is a chemical's name in a language; its own where none is known.
func Chemical(name string, t Tag) string {
	if s, ok := chemicals[name]; ok && t == Spanish {
		return s
	}
	return name
}

func phrase(t Tag, key string, args ...any) string { return fmt.Sprintf(phrases[key][t], args...) }

// Release says what a release tells, for whoever opens the door.
func Release(r vigia.Release, t Tag) string {
	flights := phrase(t, "flights.one")
	if r.Flights != 1 {
		flights = phrase(t, "flights.many", r.Flights)
	}
	const minute = "2006-01-02 15:04"
	parts := []string{phrase(t, "release", Chemical(r.Chemical, t), fmt.Sprintf("%.0f m", r.PrecisionM), flights,
		r.FirstSeen.UTC().Format(minute), r.LastSeen.UTC().Format(minute))}
	if r.RateKgH != nil {
		parts = append(parts, phrase(t, "rate", *r.RateKgH))
	}
	return strings.Join(append(parts, buildings(r, t)), " ")
}

// Withheld says what a policy held back.
func Withheld(w vigia.Withheld, t Tag) string {
	key := "withheld." + string(w.What)
	switch w.What {
	case vigia.WithheldPlace:
		return phrase(t, key, w.Number)
	case vigia.WithheldUnlikely:
		return phrase(t, key, w.Number, 100*w.Limit)
	}
	return phrase(t, key)
}

func buildings(r vigia.Release, t Tag) string {
	total := 0.0
	for _, b := range r.Places {
		total += b.Probability
	}
	switch len(r.Places) {
	case 0:
		return phrase(t, "buildings.none")
	case 1:
		return phrase(t, "buildings.one", 100*total)
	}
	return phrase(t, "buildings.many", len(r.Places), 100*total)
}
