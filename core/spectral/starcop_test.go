package spectral

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/vigia-project/vigia/internal/recorded"
)

// floats64 reads a file of little-endian float64.
func floats64(t testing.TB, path string) []float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(b)/8)
	for i := range out {
		out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
	}
	return out
}

// f1 is the harmonic mean of precision and recall.
func f1(mask, truth []byte) float64 {
	var both, found, there float64
	for i := range mask {
		if truth[i] != 0 {
			there++
		}
		if mask[i] != 0 {
			found++
			if truth[i] != 0 {
				both++
			}
		}
	}
	return 2 * both / (found + there)
}

// The recorded AVIRIS-NG scene's column densities of another program, whose
// usual threshold of 500 ppm·m reaches an F1 of 0.06 there: the bar is 0.75
// with no threshold set by hand (issue 6).
func TestFind_STARCOP(t *testing.T) {
	dir := recorded.Dir(t, "spectra/starcop_ang20190927t153023")
	scores := floats64(t, filepath.Join(dir, "mag1c.img"))
	truth, err := os.ReadFile(filepath.Join(dir, "label.img"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rate := range []float64{1e-3, 1e-4} {
		found, err := Find(scores, 512, rate)
		if err != nil {
			t.Fatal(err)
		}
		got := f1(found.Mask, truth)
		alarms, background := 0.0, 0.0
		for i, v := range smooth(scores, 512) {
			if truth[i] == 0 {
				background++
				if float64(v) > found.Seed.Value {
					alarms++
				}
			}
		}
		t.Logf("rate %g came out as %.2g; F1 %.3f; plumes begin at %.0f ppm·m (tail shape %.2f), reach to %.0f; %d plumes, %d rounds",
			rate, alarms/background, got, found.Seed.Value, found.Seed.Shape, found.Grow.Value, len(found.Plumes), found.Rounds)
		if got < 0.75 && rate == 1e-4 {
			t.Errorf("F1 %.3f at the default rate, the bar is 0.75", got)
		}
		if ratio := alarms / background / rate; ratio < 0.5 || ratio > 2 {
			t.Errorf("a rate of %g came out as %.2g where the label has no plume: more than a factor of two off", rate, alarms/background)
		}
	}
}
