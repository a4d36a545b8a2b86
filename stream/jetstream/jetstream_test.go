package jetstream_test

import (
	"context"
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
