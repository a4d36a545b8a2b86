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

// chemicals are those that are known: name, formula, CAS number, and what else
// they are called.
var chemicals = []struct{ name, formula, cas, also string }{
	{"1,3-butadiene", "C4H6", "106-99-0", "butadiene"},
	{"2-butanone", "C4H8O", "78-93-3", "butanone|methyl ethyl ketone|MEK"},
	{"acetic acid", "C2H4O2", "64-19-7", "ethanoic acid"},
	{"acetic anhydride", "C4H6O3", "108-24-7", ""},
	{"acetone", "C3H6O", "67-64-1", "propanone"},
	{"acetylene", "C2H2", "74-86-2", "ethyne"},
	{"ammonia", "H3N", "7664-41-7", "NH3"},
	{"benzene", "C6H6", "71-43-2", ""},
	{"butane", "C4H10", "106-97-8", "n-butane"},
	{"carbon dioxide", "CO2", "124-38-9", ""},
	{"carbon monoxide", "CO", "630-08-0", ""},
	{"chlorine", "Cl2", "7782-50-5", ""},
	{"chloroform", "CHCl3", "67-66-3", "trichloromethane"},
	{"cyclohexane", "C6H12", "110-82-7", ""},
	{"dichloromethane", "CH2Cl2", "75-09-2", "methylene chloride|DCM"},
	{"diethyl ether", "C4H10O", "60-29-7", "ether|ethyl ether"},
	{"ethane", "C2H6", "74-84-0", ""},
	{"ethanol", "C2H6O", "64-17-5", "ethyl alcohol"},
	{"ethyl acetate", "C4H8O2", "141-78-6", ""},
	{"ethylene", "C2H4", "74-85-1", "ethene"},
	{"formaldehyde", "CH2O", "50-00-0", "methanal|HCHO"},
	{"helium", "He", "7440-59-7", ""},
	{"hexane", "C6H14", "110-54-3", "n-hexane"},
	{"hydrogen", "H2", "1333-74-0", ""},
	{"hydrogen chloride", "ClH", "7647-01-0", "HCl"},
	{"hydrogen cyanide", "CHN", "74-90-8", "HCN"},
	{"hydrogen fluoride", "FH", "7664-39-3", "HF"},
	{"hydrogen sulfide", "H2S", "7783-06-4", "hydrogen sulphide"},
	{"isobutane", "C4H10", "75-28-5", ""},
	{"isopropyl alcohol", "C3H8O", "67-63-0", "isopropanol|2-propanol|IPA"},
	{"methane", "CH4", "74-82-8", "natural gas"},
	{"methanol", "CH4O", "67-56-1", "methyl alcohol|CH3OH"},
	{"methylamine", "CH5N", "74-89-5", "CH3NH2"},
	{"nitric oxide", "NO", "10102-43-9", ""},
	{"nitrogen dioxide", "NO2", "10102-44-0", ""},
	{"nitrous oxide", "N2O", "10024-97-2", ""},
	{"pentane", "C5H12", "109-66-0", "n-pentane"},
	{"phosphine", "H3P", "7803-51-2", "PH3"},
	{"propane", "C3H8", "74-98-6", ""},
	{"propylene", "C3H6", "115-07-1", "propene"},
	{"styrene", "C8H8", "100-42-5", ""},
	{"sulfur dioxide", "O2S", "7446-09-5", "sulphur dioxide|SO2"},
	{"sulphur hexafluoride", "F6S", "2551-62-4", "sulfur hexafluoride|SF6"},
	{"tetrahydrofuran", "C4H8O", "109-99-9", "THF"},
	{"toluene", "C7H8", "108-88-3", ""},
	{"vinyl chloride", "C2H3Cl", "75-01-4", "chloroethene"},
	{"xylene", "C8H10", "1330-20-7", "xylenes"},
}

// Standard atomic weights, g/mol: IUPAC 2021, abridged (Pure and Applied
// Chemistry 94:573, table 2).
var atomicWeights = map[string]float64{
	"H": 1.008, "He": 4.0026, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "P": 30.974, "S": 32.06, "Cl": 35.45,
}

// molarMass of a formula without brackets, g/mol.
func molarMass(formula string) float64 {
	sum := 0.0
	for i := 0; i < len(formula); {
		j := i + 1
		for j < len(formula) && formula[j] >= 'a' {
			j++
		}
		element, n := formula[i:j], 0
		for i = j; i < len(formula) && formula[i] <= '9'; i++ {
			n = 10*n + int(formula[i]-'0')
		}
		sum += atomicWeights[element] * float64(max(n, 1))
	}
	return sum
}

// byName finds a chemical by whatever it is called, in lower case. A formula that
// several have names none.
var byName = func() map[string]Chemical {
	all, formulas := map[string]Chemical{}, map[string]int{}
	for _, c := range chemicals {
		formulas[c.formula]++
	}
	for _, c := range chemicals {
		k := Chemical{c.name, molarMass(c.formula), c.formula, c.cas}
		all[k.Name], all[k.CASNumber] = k, k
		if formulas[c.formula] == 1 {
			all[strings.ToLower(k.Formula)] = k
		}
		for other := range strings.SplitSeq(c.also, "|") {
			if other != "" {
				all[strings.ToLower(other)] = k
			}
		}
	}
	return all
}()

// ChemicalNamed finds a chemical by its name, another name that it has, its
// formula or its CAS number, in any case. It answers NotFound with the names that
// are known.
func ChemicalNamed(name string) (Chemical, error) {
	if c, ok := byName[strings.ToLower(strings.TrimSpace(name))]; ok {
		return c, nil
	}
	return Chemical{}, Errorf(NotFound, "no chemical is called %q; known are %s", name, strings.Join(ChemicalNames(), ", "))
}

// ChemicalNames lists the known chemicals in order.
func ChemicalNames() []string {
	names := make([]string, 0, len(chemicals))
	for _, c := range chemicals {
		names = append(names, c.name)
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
