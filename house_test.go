package vigia_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/vigia-project/vigia"

// A rule says what a room may import of the house. A room is named by its path;
// "core/*" is every room of a wing. Rooms below it, such as core/track/metric,
// follow its rule.
type rule struct {
	room string
	may  []string
	why  string
}

// The rules of docs/walk.md, in order: the first that matches a room is its own.
var rules = []rule{
	{"geo", nil, "the ground stands on nothing"},
	{"audit", nil, "the ground stands on nothing"},
	{"", []string{"geo"}, "the nouns stand on the ground"},

	{"internal/recorded", nil, "tests of every floor look for recorded data in the same place"},

	{"internal/draw", nil, "a picture is points and words; what they mean is its caller's"},

	{"core/localise", []string{"", "geo", "core/dispersion"}, "a core knows the nouns and the ground; localise may use dispersion"},
	{"core/track/metric", []string{"", "geo", "core/track/assign"}, "a score matches by the same assignment as the tracker, and does not know it"},
	{"core/*", []string{"", "geo"}, "a core knows the nouns and the ground, and no neighbour"},
	{"wire/misb", []string{"", "geo", "wire/mpegts"}, "a wire knows the nouns and the ground; misb may use mpegts"},
	{"wire/*", []string{"", "geo"}, "a wire knows the nouns and the ground, and no neighbour"},

	{"store/sqlite/sqlitetest", []string{"audit", "store/sqlite"}, "it opens a store for the tests of those who stand on one"},
	{"store/*", []string{"", "geo", "audit", "store"}, "an implementation knows its contract, and not how the house is used"},
	{"store", []string{"", "geo", "audit"}, "a contract is made of nouns"},
	{"stream/*", []string{"", "stream"}, "an implementation knows its contract, and not how the house is used"},
	{"stream", []string{""}, "a contract is made of nouns"},

	{"service", []string{"", "geo", "store", "stream"}, "what the steps share knows contracts, never an implementation"},
	{"service/ingest/source", []string{""}, "a link brings bytes and does not know what they say"},
	{"service/ingest", []string{"", "geo", "service", "service/ingest/source", "store", "stream", "core/*", "wire/*"}, "the door knows its links"},
	{"service/*", []string{"", "geo", "service", "store", "stream", "core/*", "wire/*"}, "a service meets the others on the stream, and knows contracts, never an implementation"},
	{"sim", []string{"", "geo", "wire/*"}, "a simulator that shares the inversion's plume flatters it"},

	{"web", []string{"", "geo", "audit", "store", "stream", "service", "service/*"}, "the face calls services, reads the store and follows the stream"},
	{"cmd/*", []string{"", "geo", "audit", "store", "store/*", "stream", "stream/*", "service", "service/*", "core/*", "wire/*", "sim", "web", "internal/draw"}, "the command line alone knows the concrete parts"},
}

// A third-party module enters through the rooms named here and no other.
var doors = map[string][]string{
	"github.com/golang/geo":         {"geo"},
	"golang.org/x/mod":              {"audit"},
	"gonum.org/v1/gonum":            {"core/*"},
	"modernc.org/sqlite":            {"store/sqlite"},
	"github.com/nats-io":            {"stream/jetstream"},
	"filippo.io/age":                {"service/ingest"},
	"golang.org/x/crypto":           {"service/identity"},
	"github.com/alecthomas/kong":    {"cmd/vigia"},
	"github.com/schollz":            {"cmd/vigia"},
	"golang.org/x/term":             {"cmd/vigia"},
	"golang.org/x/image":            {"cmd/vigia", "internal/draw"},
	"github.com/yalue":              {"cmd/vigia"},
	"github.com/bluenviron":         {"wire/mavlink"},
	"github.com/eclipse":            {"service/ingest/source"},
	"github.com/mochi-mqtt":         {"service/ingest/source"},
	"github.com/go-json-experiment": {"service"},
}

// A core is a function of its arguments: a reproducible answer is evidence.
var notInCore = map[string]string{
	"os":           "a core has no file",
	"net":          "a core has no network",
	"net/http":     "a core has no network",
	"math/rand":    "a core has no hidden randomness: take a seed and math/rand/v2",
	"log":          "a core tells its caller, not a log",
	"log/slog":     "a core tells its caller, not a log",
	"database/sql": "a core keeps nothing",
}

// callsNotInCore are functions a core may not call.
var callsNotInCore = map[string]string{
	"time.Now":   "a core has no clock: take the time as an argument",
	"time.Since": "a core has no clock: take the time as an argument",
	"time.Sleep": "a core does not wait",
	"time.After": "a core does not wait",
}

const (
	maxFileLines = 700
	maxFuncLines = 100
)

// A source is one Go file of the house, tests and test helpers apart.
type source struct {
	path string
	room string
	file *ast.File
	set  *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && p != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(set, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		room := path.Dir(filepath.ToSlash(p))
		if room == "." {
			room = ""
		}
		all = append(all, source{filepath.ToSlash(p), room, f, set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d files were found: the test looks in the wrong place", len(all))
	}
	return all
}

// is tells whether a room falls under a name: itself, one of a wing, or below it.
func is(room, name string) bool {
	if wing, ok := strings.CutSuffix(name, "/*"); ok {
		return strings.HasPrefix(room, wing+"/")
	}
	return room == name || name != "" && strings.HasPrefix(room, name+"/") && !isWing(name)
}

// isWing tells whether a room has rooms of its own rule beside it.
func isWing(name string) bool { return name == "store" || name == "stream" || name == "service" }

func ruleOf(room string) (rule, bool) {
	for _, r := range rules {
		if is(room, r.room) {
			return r, true
		}
	}
	return rule{}, false
}

func among(room string, names []string) bool {
	for _, n := range names {
		if is(room, n) {
			return true
		}
	}
	return false
}

func TestHouse_Imports(t *testing.T) {
	for _, s := range sources(t) {
		r, ok := ruleOf(s.room)
		if !ok {
			t.Errorf("%s: no rule knows the room %q; add one to house_test.go and to docs/walk.md", s.path, s.room)
			continue
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if imported == module || strings.HasPrefix(imported, module+"/") {
				room := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
				inside := strings.HasPrefix(room, s.room+"/") && !isWing(s.room)
				if !among(room, r.may) && !inside {
					t.Errorf("%s imports %q: %s", s.path, imported, r.why)
				}
				continue
			}
			checkDoor(t, s, imported)
		}
	}
}

// checkDoor holds a third-party import to its room.
func checkDoor(t *testing.T, s source, imported string) {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") { // the standard library
		if why := notInCore[imported]; why != "" && strings.HasPrefix(s.room, "core/") {
			t.Errorf("%s imports %q: %s", s.path, imported, why)
		}
		return
	}
	for name, rooms := range doors {
		if imported == name || strings.HasPrefix(imported, name+"/") {
			if !among(s.room, rooms) {
				t.Errorf("%s imports %q, which enters through %v only", s.path, imported, rooms)
			}
			return
		}
	}
	t.Errorf("%s imports %q: no room is its door; choose one in house_test.go, or do without", s.path, imported)
}

func TestHouse_CoresAreFunctions(t *testing.T) {
	for _, s := range sources(t) {
		if !strings.HasPrefix(s.room, "core/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok {
				if why := callsNotInCore[pkg.Name+"."+sel.Sel.Name]; why != "" {
					t.Errorf("%s: %s.%s: %s", s.set.Position(sel.Pos()), pkg.Name, sel.Sel.Name, why)
				}
			}
			return true
		})
	}
}

// Every room says what it is for.
func TestHouse_RoomsAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.room] = documented[s.room] || s.file.Doc != nil
	}
	var rooms []string
	for room := range documented {
		rooms = append(rooms, room)
	}
	sort.Strings(rooms)
	for _, room := range rooms {
		if !documented[room] {
			t.Errorf("the room %q has no package comment", room)
		}
	}
}

// A file fits in the head, and so does a function.
func TestHouse_Sizes(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.set.Position(s.file.End()).Line; n > maxFileLines && !ast.IsGenerated(s.file) {
			t.Errorf("%s has %d lines; %d is the most", s.path, n, maxFileLines)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || ast.IsGenerated(s.file) {
				continue
			}
			if n := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line; n > maxFuncLines {
				t.Errorf("%s: %s has %d lines; %d is the most", s.path, f.Name.Name, n, maxFuncLines)
			}
		}
	}
}

// The test of the rules themselves: a check that cannot fail is none.
func TestHouse_RulesBite(t *testing.T) {
	for _, c := range []struct {
		room, imported string
		may            bool
	}{
		{"core/localise", "core/dispersion", true},
		{"core/localise", "core/fusion", false},
		{"core/track/metric", "core/visit", false},
		{"core/track/metric", "core/track", false},
		{"core/track/metric", "core/track/assign", true},
		{"service/detect", "service/locate", false},
		{"service/detect", "service", true},
		{"service/detect", "store/sqlite", false},
		{"service/detect", "stream/jetstream", false},
		{"sim", "core/dispersion", false},
		{"sim", "wire/plain", true},
		{"wire/cot", "wire/plain", false},
		{"web", "core/sharing", false},
		{"store/sqlite", "stream", false},
		{"", "geo", true},
		{"", "store", false},
		{"geo", "", false},
	} {
		r, ok := ruleOf(c.room)
		if !ok {
			t.Errorf("no rule for %q", c.room)
			continue
		}
		if got := among(c.imported, r.may); got != c.may {
			t.Errorf("may %q import %q? the rules say %v, the design says %v", c.room, c.imported, got, c.may)
		}
	}
}
