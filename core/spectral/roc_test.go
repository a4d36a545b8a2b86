package spectral

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/vigia-project/vigia/internal/recorded"
)

// targets reads a recorded cube of uint16, BIP, and its mask.
func targets(t testing.TB, name string, lines, samples, bands int) (*planted, []byte) {
	t.Helper()
	dir := recorded.Dir(t, "spectra/targets")
	b, err := os.ReadFile(filepath.Join(dir, name+".img"))
	if err != nil {
		t.Fatal(err)
	}
	mask, err := os.ReadFile(filepath.Join(dir, name+"_mask.img"))
	if err != nil {
		t.Fatal(err)
	}
	p := &planted{lines: lines, samples: samples, bands: bands, x: make([]float32, lines*samples*bands)}
	for i := range p.x {
		p.x[i] = float32(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return p, mask
}

// area under the curve of detections over false alarms (Mann & Whitney 1947);
// skip are neither.
func rocArea(scores []float32, truth []byte, skip map[int]bool) float64 {
	type scored struct {
		v  float32
		is bool
	}
	var all []scored
	for i, v := range scores {
		if !skip[i] {
			all = append(all, scored{v, truth[i] != 0})
		}
	}
	sort.Slice(all, func(a, b int) bool { return all[a].v < all[b].v })
	var below, there, wins float64
	for i := 0; i < len(all); {
		j, hits, misses := i, 0.0, 0.0
		for ; j < len(all) && all[j].v == all[i].v; j++ {
			if all[j].is {
				hits++
			} else {
				misses++
			}
		}
		wins += hits * (below + misses/2)
		below += misses
		there += hits
		i = j
	}
	return wins / (there * below)
}

// plainScores are the matched filter and signed ACE written out in float64.
func plainScores(p *planted, spectrum []float64) (mf, ace []float32) {
	n := p.lines * p.samples
	x := mat.NewDense(n, p.bands, nil)
	mean := make([]float64, p.bands)
	for i := range n {
		for b := range p.bands {
			mean[b] += float64(p.x[i*p.bands+b]) / float64(n)
		}
	}
	for i := range n {
		for b := range p.bands {
			x.Set(i, b, float64(p.x[i*p.bands+b])-mean[b])
		}
	}
	var c mat.SymDense
	c.SymOuterK(1/float64(n-1), x.T())
	var chol mat.Cholesky
	chol.Factorize(&c)
	target := mat.NewVecDense(p.bands, nil)
	for b, v := range spectrum {
		target.SetVec(b, v-mean[b])
	}
	var w mat.VecDense
	_ = chol.SolveVecTo(&w, target)
	power := mat.Dot(&w, target)
	var solved mat.Dense
	_ = chol.SolveTo(&solved, x.T())
	for i := range n {
		a := mat.Dot(&w, x.RowView(i))
		length := mat.Dot(solved.ColView(i), x.RowView(i))
		mf = append(mf, float32(a/power))
		ace = append(ace, float32(a*math.Abs(a)/(power*length)))
	}
	return mf, ace
}

// The recorded target scenes, with the mean of every other target pixel as
// signature, judged on the rest: the areas must be those of the plain formulas
// in float64.
func TestTargets_ROC(t *testing.T) {
	for _, c := range []struct {
		name                  string
		lines, samples, bands int
	}{{"sandiego_plane", 100, 100, 189}, {"HYDICE_data", 100, 80, 162}} {
		p, truth := targets(t, c.name, c.lines, c.samples, c.bands)
		spectrum, learnt := make([]float64, c.bands), map[int]bool{}
		k := 0
		for i, is := range truth {
			if is != 0 {
				if k%2 == 0 {
					learnt[i] = true
				}
				k++
			}
		}
		for i := range learnt {
			for b := range spectrum {
				spectrum[b] += float64(p.x[i*c.bands+b]) / float64(len(learnt))
			}
		}
		mf, ace := plainScores(p, spectrum)
		scene, err := Prepare(p, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		plain := map[Method]float64{MF: rocArea(mf, truth, learnt), ACE: rocArea(ace, truth, learnt)}
		for _, m := range []Method{MF, ACE, Auto} {
			signature := scene.Choose(spectrum)
			r, err := Detect(context.Background(), scene, [][]float64{signature}, Options{Method: m})
			if err != nil {
				t.Fatal(err)
			}
			got := rocArea(r.Scores, truth, learnt)
			t.Logf("%-15s %-4s area %.6f, plain formula %.6f (taken for a %s, %d of %d bands)", c.name, m, got, plain[map[Method]Method{MF: MF, ACE: ACE, Auto: MF}[m]], r.Kind, len(scene.Bands), c.bands)
			if m != Auto && got < plain[m]-1e-5 {
				t.Errorf("%s: %s has area %.6f, and the plain formula %.6f", c.name, m, got, plain[m])
			}
		}
	}
}
