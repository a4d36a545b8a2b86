// Package recorded finds recorded data for tests (docs/data.md).
package recorded

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir returns a folder or file of the recorded data: under VIGIA_DATA, or else
// under ../shared/data beside the checkout. Where it is not there the test
// skips, and says so.
func Dir(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("VIGIA_DATA")
	if root == "" {
		root = filepath.Join(checkout(t), "..", "shared", "data")
	}
	dir := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: no recorded data at %s; docs/data.md says where to get it (VIGIA_DATA)", dir)
	}
	return dir
}

// checkout is the folder of go.mod above the test.
func checkout(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("the test does not run in a checkout")
		}
		dir = up
	}
}
