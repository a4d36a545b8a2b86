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

// BenchmarkConsume hands messages to a durable consumer, one at a time.
func BenchmarkConsume(b *testing.B) {
	s, err := jetstream.Open(context.Background(), jetstream.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // the folder goes with the test
	for i := range b.N {
		if _, _, err := s.Publish(context.Background(), stream.Message{Subject: stream.SiteChanged, ID: fmt.Sprint(i)}); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ResetTimer()
	n := 0
	_ = s.Consume(ctx, stream.Consumer{Name: "bench", Subjects: []string{stream.SiteChanged}}, func(context.Context, stream.Message) error {
		if n++; n == b.N {
			cancel()
		}
		return nil
	})
}
