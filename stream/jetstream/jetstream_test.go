package jetstream_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/stream/jetstream"
	"github.com/vigia-project/vigia/stream/streamtest"
)

func TestStream(t *testing.T) {
	streamtest.Run(t, func(t *testing.T, dir string) stream.Stream {
		s, err := jetstream.Open(context.Background(), jetstream.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// BenchmarkPublish puts batches of 8 KiB on the log, each synced to the disk
// before it is acknowledged, from one publisher and from sixteen.
func BenchmarkPublish(b *testing.B) {
	for _, publishers := range []int{1, 16} {
		b.Run(fmt.Sprintf("publishers=%d", publishers), func(b *testing.B) {
			s, err := jetstream.Open(context.Background(), jetstream.Options{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // the folder goes with the test
			data := make([]byte, 8<<10)
			var id atomic.Int64
			b.SetBytes(int64(len(data)))
			b.SetParallelism(publishers)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					m := stream.Message{Subject: stream.Observation + "F", ID: fmt.Sprint(id.Add(1)), Data: data}
					if _, _, err := s.Publish(context.Background(), m); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
