package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
	"github.com/vigia-project/vigia/service/ingest/source"
)

// BenchmarkSource takes ST 0601 packets with twenty vehicles each from a file to
// the stream's door: what fifty aircraft at thirty packets a second cost is
// 1,500 times a packet.
func BenchmarkSource(b *testing.B) {
	vehicles := make([]geo.Point, 20)
	for i := range vehicles {
		vehicles[i] = inside
	}
	const packets = 3000
	var all []byte
	for i := range packets {
		all = append(all, datalink(b, noon.Add(time.Duration(i)*33*time.Millisecond), inside, vehicles...)...)
	}
	path := filepath.Join(b.TempDir(), "bytes")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(all)))
	b.ReportAllocs()
	for b.Loop() {
		d := open(b, vigia.GasLeak)
		s, err := d.Source(source.Config{Name: "uav-1", URL: "file://" + path, Format: "klv", Flight: "F"})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
		if st := s.Meter.Status(noon); st.Accepted != 21*packets {
			b.Fatalf("%+v", st)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*packets), "µs/packet")
}
