package plain

import (
	"slices"
	"strings"
)

// Units that a file may come in and that are not read. A column in one of them
// is an error and not an unknown column where leaving it out would lose what
// the file is for.
var (
	// Of a gas and nothing else.
	gasUnits = []string{
		"ppb", "ppt", "ppbv", "ppmv", "pptv", "ppb_m", "lel", "vol_pct",
		"mg_m3", "ug_m3", "ng_m3", "g_m3", "mgm3", "ugm3", "mg_m2", "g_m2",
		"mol_mol", "umol_mol", "nmol_mol", "mol_m3", "mol_m2",
	}
	// Of a gas beside one of gasWords: a battery has a percentage as well.
	gasOrOtherUnits = []string{"percent", "pct", "kg", "g", "mg", "ug", "ng"}
	gasWords        = []string{"", "value", "reading", "concentration", "conc", "mole_fraction", "sigma", "detection_limit", "saturation"}

	otherUnits = []string{
		"ft", "feet", "km", "cm", "mm", "yd", "mi", "nmi",
		"rad", "mrad", "mil", "mils", "gon", "arcsec",
		"kt", "kts", "kn", "knots", "mph", "kmh", "kph", "fps", "ms",
		"c", "degc", "celsius", "f", "degf", "fahrenheit",
		"hpa", "kpa", "mbar", "mb", "bar", "atm", "mmhg", "inhg", "torr", "psi",
	}
)

// foreignUnit says what is wrong with the unit of a column that is not known,
// or nothing. It finds a reading in another unit (beside a column of ppm, one
// with the name of another gas is no fault), and any other known quantity in
// another unit.
func (t *table) foreignUnit(column string, known []string) string {
	lower := strings.ToLower(column)
	if slices.Contains(known, "ppm") {
		hasReading := t.anyOf("ppm", "ppm_m")
		for _, unit := range join(gasUnits, gasOrOtherUnits) {
			stem, ok := cutUnit(lower, unit)
			if ok && (slices.Contains(gasWords, stem) || (!hasReading && slices.Contains(gasUnits, unit))) {
				return "the unit " + unit + " is not known: a reading is in ppm, or in ppm_m along a path"
			}
		}
	}
	for _, unit := range otherUnits {
		stem, ok := cutUnit(lower, unit)
		if !ok || stem == "" {
			continue
		}
		for _, k := range known {
			if at := strings.LastIndexByte(k, '_'); at > 0 && k[:at] == stem {
				return "the unit " + unit + " is not known: " + stem + " is in the column " + k
			}
		}
	}
	return ""
}

// cutUnit returns what a column's name has before the unit.
func cutUnit(column, unit string) (stem string, ok bool) {
	if column == unit {
		return "", true
	}
	return strings.CutSuffix(column, "_"+unit)
}
