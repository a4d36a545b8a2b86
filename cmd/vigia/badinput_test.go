package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest"
)

const goodHeader = "time,sensor,x_m,y_m,z_m,ppm\n"

// goodRow is the n-th of some readings that nothing is wrong with.
func goodRow(n int) string {
	return fmt.Sprintf("2017-01-01T12:%02d:00Z,mast,%d,0,2,2.1\n", n, n)
}

// TestBadInput hands in what goes wrong in the field. Each fault is told with
// its file, line and column, is counted, and stops nothing else.
func TestBadInput(t *testing.T) {
	s := newSystem(t)
	s.start()
	s.people()
	s.permit(walkFrom, walkUntil, walkFlight)
	rejected := 0
	for _, c := range []struct {
		name, file string
		want       string // of the problem, after the file's name
		accepted   int
	}{
		{"a NaN", goodHeader + goodRow(0) + "2017-01-01T12:01:00Z,mast,0,0,2,NaN\n" + goodRow(2), ":3: column ppm: ", 2},
		{"an infinity", goodHeader + "2017-01-01T12:03:00Z,mast,0,0,2,+Inf\n" + goodRow(4), ":2: column ppm: ", 1},
		{"a time in 1970", goodHeader + "1970-01-01T00:00:00Z,mast,0,0,2,2\n" + goodRow(5), ":2: column time: ", 1},
		{"the far side of the planet", goodHeader + goodRow(6) + "2017-01-01T12:07:00Z,mast,19000000,0,2,2\n" + goodRow(8), ":3: column x_m: ", 2},
		{"a truncated file", goodHeader + goodRow(9) + "2017-01-01T12:10:00Z,mast,0,", ":3: ", 1},
		{"a word for a number", goodHeader + "2017-01-01T12:11:00Z,mast,east,0,2,2\n" + goodRow(12), ":2: column x_m: ", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bad.csv")
			if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := s.vigia("", "ingest", "--observations", file, "--origin", walkOrigin, "--flight", walkFlight, "--keep-open", "--token", s.tokens[vigia.Feeder])
			if err == nil || !strings.Contains(err.Error(), file+c.want) {
				t.Errorf("the error must begin with %q; it is\n%v", "bad.csv"+c.want, err)
			}
			if want := fmt.Sprintf("observations: %d accepted, 0 sealed, 0 repeated, 1 rejected", c.accepted); !strings.Contains(out, want) {
				t.Errorf("want %q, ingest says:\n%s", want, out)
			}
		})
		rejected++
		s.wantCounter("ingest.rejected", rejected)
	}
	t.Run("a unit that is not known", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "unit.csv")
		if err := os.WriteFile(file, []byte("time,sensor,x_m,y_m,z_m,ppb\n2017-01-01T12:00:00Z,mast,0,0,2,2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.vigia("", "ingest", "--observations", file, "--origin", walkOrigin, "--flight", walkFlight, "--keep-open", "--token", s.tokens[vigia.Feeder])
		if err == nil || !strings.Contains(err.Error(), file+":1: column ppb: ") {
			t.Errorf("the error is %v", err)
		}
		s.wantCounter("ingest.unreadable", 1)
	})
	t.Run("a gigabyte on one line", func(t *testing.T) {
		s.gigabyte()
		s.wantCounter("ingest.rejected", rejected+1)
	})
}

func (s *system) wantCounter(name string, want int) {
	s.t.Helper()
	var status struct{ Counters map[string]float64 }
	if err := s.call(vigia.Analyst, "GET", "/status", nil, &status); err != nil {
		s.t.Fatal(err)
	}
	if got := status.Counters[name]; got != float64(want) {
		s.t.Errorf("%s is %v, want %d", name, got, want)
	}
}

// gigabyte sends a line of a gigabyte between two good ones. The process must
// not grow by it.
func (s *system) gigabyte() {
	s.t.Helper()
	before := s.peakMemoryKiB()
	body := io.MultiReader(
		strings.NewReader(goodHeader+goodRow(20)+"2017-01-01T12:21:00Z,"),
		io.LimitReader(sevens{}, 1<<30),
		strings.NewReader(",0,0,2,2\n"+goodRow(22)),
	)
	var receipt ingest.Receipt
	r := remote{Server: "http://" + s.listen, Token: s.tokens[vigia.Feeder]}
	err := r.do(context.Background(), http.MethodPost, "/flights/"+walkFlight+"/observations?name=giant.csv&origin="+walkOrigin, "text/csv", body, &receipt)
	if err != nil {
		s.t.Fatal(err)
	}
	if receipt.Accepted != 2 || receipt.Rejected != 1 || len(receipt.Problems) != 1 {
		s.t.Fatalf("the receipt is %+v", receipt)
	}
	if p := receipt.Problems[0]; p.File != "giant.csv" || p.Line != 3 {
		s.t.Errorf("the problem is %v", p)
	}
	if grew := s.peakMemoryKiB() - before; before > 0 && grew > 64<<10 {
		s.t.Errorf("the process grew by %d MiB", grew>>10)
	}
}

// sevens is endless.
type sevens struct{}

func (sevens) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '7'
	}
	return len(p), nil
}

// peakMemoryKiB is the process's largest resident size so far; 0 where the
// system does not tell.
func (s *system) peakMemoryKiB() int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var kib int
	for _, line := range bytes.Split(b, []byte("\n")) {
		if n, _ := fmt.Sscanf(string(line), "VmHWM: %d kB", &kib); n == 1 {
			return kib
		}
	}
	return 0
}
