package misb

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The page of the format lists every item as the tables have it. To write it
// anew: UPDATE_DOCS=1 go test -run TestDocs ./wire/misb
func TestDocs_ListEveryItem(t *testing.T) {
	const page = "../../docs/formats/misb.md"
	const begin, end = "<!-- items: written by a test of wire/misb -->\n", "<!-- end of items -->\n"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the items", page)
	}
	want := before + begin + itemTables() + end + after
	if want == string(b) {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("%s is not what the tables say; UPDATE_DOCS=1 go test -run TestDocs ./wire/misb", page)
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func itemTables() string {
	var b strings.Builder
	for _, set := range []struct {
		name string
		t    *Table
	}{
		{"UAS datalink", st0601}, {"Security", st0102}, {"VMTI", st0903}, {"VTarget", vTarget}, {"VMask", vMask}, {"VObject", vObject},
		{"VFeature", vFeature}, {"VTracker", vTracker}, {"VChip", vChip}, {"Algorithm", algorithm}, {"Ontology", ontology},
		{"Remote video terminal", st0806}, {"Point of interest", pointOfInterest}, {"Area of interest", areaOfInterest}, {"User defined", userDefined},
		{"Range image", st1002}, {"Generalised transformation", st1202}, {"SAR motion imagery", st1206}, {"Geo-registration", st1601},
		{"Composite imaging", st1602}, {"Legacy universal set", eg0104}, {"Security, universal set", security},
	} {
		fmt.Fprintf(&b, "\n### %s (%s)\n\n| item | key | unit |\n| --- | --- | --- |\n", set.name, set.t.Standard)
		items := slices.Clone(set.t.Items)
		for _, s := range items {
			tag := fmt.Sprint(s.Tag)
			if set.t.universal {
				tag = fmt.Sprintf("`%x`", s.UL[:])
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s |\n", tag, s.JSON(), s.Unit)
		}
	}
	return b.String() + "\n"
}
