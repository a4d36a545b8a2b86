package plain

import (
	"os"
	"strings"
	"testing"
)

// Every column that is read has a place in its page of docs/formats.
func TestDocs(t *testing.T) {
	for page, columns := range map[string][]string{
		"observations.md": observationColumns,
		"wind.md":         windColumns,
		"reports.md":      reportColumns,
		"tracks.md":       trackColumns,
		"visits.md":       append(visitColumns, watchColumns...),
		"poses.md":        poseColumns,
	} {
		text, err := os.ReadFile("../../docs/formats/" + page)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range columns {
			if !strings.Contains(string(text), "`"+c+"`") {
				t.Errorf("docs/formats/%s does not name the column %s", page, c)
			}
		}
	}
}
