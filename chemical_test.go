package vigia

import (
	"math"
	"strings"
	"testing"
)

func TestChemicalNamed(t *testing.T) {
	for _, c := range []struct {
		as, name string
		mass     float64 // PubChem
	}{
		{"Methane", "methane", 16.043}, {"CH4", "methane", 16.043}, {" sf6 ", "sulphur hexafluoride", 146.06},
		{"115-07-1", "propylene", 42.08}, {"MEK", "2-butanone", 72.11}, {"sulphur dioxide", "sulfur dioxide", 64.07},
		{"CHCl3", "chloroform", 119.37}, {"acetic anhydride", "acetic anhydride", 102.09}, {"Cl2", "chlorine", 70.9},
	} {
		got, err := ChemicalNamed(c.as)
		if err != nil || got.Name != c.name || math.Abs(got.MolarMass-c.mass) > 0.02 {
			t.Errorf("%q is %+v (%v), not %s of %g g/mol", c.as, got, err, c.name, c.mass)
		}
	}
	// Butane and isobutane have one formula: it names neither.
	for _, unknown := range []string{"C4H10", "water vapour", ""} {
		if c, err := ChemicalNamed(unknown); ErrorCode(err) != NotFound {
			t.Errorf("%q is %+v", unknown, c)
		}
	}
}

func TestChemicals_AreWellFormed(t *testing.T) {
	seen := map[string]string{}
	for _, c := range chemicals {
		if !validCAS(c.cas) {
			t.Errorf("%s: the check digit of %s does not hold", c.name, c.cas)
		}
		if !(molarMass(c.formula) > 2) || math.IsNaN(molarMass(c.formula)) {
			t.Errorf("%s: %s weighs %g", c.name, c.formula, molarMass(c.formula))
		}
		for _, name := range append(strings.Split(c.also, "|"), c.name, c.cas) {
			if name = strings.ToLower(name); name != "" && seen[name] != "" {
				t.Errorf("%q is %s and %s", name, seen[name], c.name)
			}
			seen[name] = c.name
		}
	}
}

// validCAS checks a CAS number's last digit: the sum of the others, each times
// its place from the right, modulo ten.
func validCAS(s string) bool {
	digits := strings.ReplaceAll(s, "-", "")
	sum := 0
	for i := range len(digits) - 1 {
		sum += int(digits[i]-'0') * (len(digits) - 1 - i)
	}
	return len(digits) > 3 && sum%10 == int(digits[len(digits)-1]-'0')
}
