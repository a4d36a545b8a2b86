package lang

import "fmt"

// Where a source is, in words for whoever stands before the houses, and what a
// map of it is labelled with.
func init() {
	for key, by := range map[string]map[Tag]string{
		"place.none": {
			English: "No source was found (probability of none %.0f %%).",
			Spanish: "No se encontró ninguna fuente (probabilidad de que no haya %.0f %%).",
		},
		"place.one": {
			English: "It comes from this house (probability %.0f %%). It is not certain: verify before you act.",
			Spanish: "Procede de esta casa (probabilidad %.0f %%). No es seguro: verifique antes de actuar.",
		},
		"place.few": {
			English: "It comes from one of these %s houses (probability %.0f %%). It is not certain which: verify before you act.",
			Spanish: "Procede de una de estas %s casas (probabilidad %.0f %%). No es seguro cuál: verifique antes de actuar.",
		},
		"place.many": {
			English: "It comes from one of %s houses (probability %.0f %%): too many to act on. Another flight would help.",
			Spanish: "Procede de una de %s casas (probabilidad %.0f %%): demasiadas para actuar. Otro vuelo ayudaría.",
		},
		"place.elsewhere": {
			English: "No set of houses is likely enough to be named (outside of all of them %.0f %%).",
			Spanish: "Ningún grupo de casas es lo bastante probable para señalarlo (fuera de todas ellas %.0f %%).",
		},
		"place.open": {
			English: "The regions say where it comes from; no buildings are known here.",
			Spanish: "Las zonas indican de dónde procede; aquí no se conocen edificios.",
		},
		"place.sources": {
			English: "There are %s sources.",
			Spanish: "Hay %s fuentes.",
		},
		"map.title":    {English: "Where it comes from", Spanish: "De dónde procede"},
		"map.region":   {English: "the source is within, %d %%", Spanish: "la fuente está dentro, %d %%"},
		"map.track":    {English: "sensor: the more it read, the larger", Spanish: "sensor: mayor cuanto más midió"},
		"map.building": {English: "Probability of each building", Spanish: "Probabilidad de cada edificio"},
		"map.wind":     {English: "Where the wind came from", Spanish: "De dónde vino el viento"},
		"map.compass":  {English: "N E S W", Spanish: "N E S O"},
		"map.speed":    {English: "%.1f m/s in the mean", Spanish: "%.1f m/s de media"},
	} {
		phrases[key] = by
	}
}

// numbers from zero to twelve; in Spanish as before a feminine noun.
var numbers = map[Tag][13]string{
	English: {"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"},
	Spanish: {"ninguna", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"},
}

// Number is a number in words up to twelve, in digits above.
func Number(n int, t Tag) string {
	if n >= 0 && n <= 12 {
		return numbers[t][n]
	}
	return fmt.Sprint(n)
}

// fewHouses is how many houses a person can still be told to look at.
const fewHouses = 12

// None says that there is no source, with the probability of that.
func None(probability float64, t Tag) string { return phrase(t, "place.none", 100*probability) }

// Houses says which houses a source is in: how many hold the stated
// probability together. With none it says why: known tells whether buildings
// are known, elsewhere is the probability that it is in none of them.
func Houses(n int, probability, elsewhere float64, known bool, t Tag) string {
	switch {
	case !known:
		return phrase(t, "place.open")
	case n == 0:
		return phrase(t, "place.elsewhere", 100*elsewhere)
	case n == 1:
		return phrase(t, "place.one", 100*probability)
	case n <= fewHouses:
		return phrase(t, "place.few", Number(n, t), 100*probability)
	}
	return phrase(t, "place.many", Number(n, t), 100*probability)
}

// Sources says how many there are, where it is more than one.
func Sources(n int, t Tag) string { return phrase(t, "place.sources", Number(n, t)) }

// OnMap is a label of a map: title, region, track, building, wind, compass or
// speed.
func OnMap(t Tag, label string, args ...any) string { return phrase(t, "map."+label, args...) }
