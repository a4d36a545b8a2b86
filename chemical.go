package vigia

import (
	"sort"
	"strings"
)

// A Chemical is what a vapour is of. Which chemicals matter is the operator's
// choice; this table only turns a mole fraction into a mass.
type Chemical struct {
	Name      string  `json:"name"`       // lower case
	MolarMass float64 `json:"molar_mass"` // g/mol
	Formula   string  `json:"formula"`    // Hill order
	CASNumber string  `json:"cas,omitempty"`
}

// Molar masses from the IUPAC 2021 standard atomic weights (abridged).
var chemicals = map[string]Chemical{
	"methane":              {"methane", 16.043, "CH4", "74-82-8"},
	"ammonia":              {"ammonia", 17.031, "H3N", "7664-41-7"},
	"acetone":              {"acetone", 58.080, "C3H6O", "67-64-1"},
	"2-butanone":           {"2-butanone", 72.107, "C4H8O", "78-93-3"},
	"benzene":              {"benzene", 78.114, "C6H6", "71-43-2"},
	"toluene":              {"toluene", 92.141, "C7H8", "108-88-3"},
	"dichloromethane":      {"dichloromethane", 84.933, "CH2Cl2", "75-09-2"},
	"ethyl acetate":        {"ethyl acetate", 88.106, "C4H8O2", "141-78-6"},
	"ethanol":              {"ethanol", 46.069, "C2H6O", "64-17-5"},
	"methanol":             {"methanol", 32.042, "CH4O", "67-56-1"},
	"isopropyl alcohol":    {"isopropyl alcohol", 60.096, "C3H8O", "67-63-0"},
	"hydrogen chloride":    {"hydrogen chloride", 36.458, "ClH", "7647-01-0"},
	"sulfur dioxide":       {"sulfur dioxide", 64.063, "O2S", "7446-09-5"},
	"hydrogen sulfide":     {"hydrogen sulfide", 34.081, "H2S", "7783-06-4"},
	"phosphine":            {"phosphine", 33.998, "H3P", "7803-51-2"},
	"sulphur hexafluoride": {"sulphur hexafluoride", 146.05, "F6S", "2551-62-4"},
	"propane":              {"propane", 44.097, "C3H8", "74-98-6"},
	"carbon dioxide":       {"carbon dioxide", 44.009, "CO2", "124-38-9"},
}

// ChemicalNamed finds a chemical by its name, in any case. It answers NotFound
// with the names that are known.
func ChemicalNamed(name string) (Chemical, error) {
	if c, ok := chemicals[strings.ToLower(strings.TrimSpace(name))]; ok {
		return c, nil
	}
	return Chemical{}, Errorf(NotFound, "no chemical is called %q; known are %s", name, strings.Join(ChemicalNames(), ", "))
}

// ChemicalNames lists the known chemicals in order.
func ChemicalNames() []string {
	names := make([]string, 0, len(chemicals))
	for n := range chemicals {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Gas constant, J/(mol K): CODATA 2018, exact.
const gasConstant = 8.314462618

// Standard air, where a wind record does not say: ISO 2533 at 15 °C.
const (
	StandardTemperatureK = 288.15
	StandardPressurePa   = 101325.0
)

// KgPerM3PerPPM is the mass in a cubic metre of air at one part per million,
// kg/m³, by the ideal gas law. Zero temperature or pressure means standard air.
func (c Chemical) KgPerM3PerPPM(temperatureK, pressurePa float64) float64 {
	if temperatureK == 0 {
		temperatureK = StandardTemperatureK
	}
	if pressurePa == 0 {
		pressurePa = StandardPressurePa
	}
	return 1e-6 * pressurePa / (gasConstant * temperatureK) * c.MolarMass * 1e-3
}
