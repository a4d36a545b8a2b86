package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// Steps are the door's two readers: of what gateways put on the stream, and of
// what was sealed, which goes on the account.
func (i *Ingest) Steps() []service.Step {
	return []service.Step{i.inbox(), i.account()}
}

// inbox takes bytes that a gateway put on the stream.
func (i *Ingest) inbox() service.Step {
	return service.Step{
		Name:     "inbox",
		Subjects: []string{stream.InboxObservation + "*", stream.InboxWind + "*"},
		Prepare: func(ctx context.Context, m stream.Message) (service.Apply, error) {
			last := strings.LastIndexByte(m.Subject, '.')
			req := Request{Flight: vigia.ID(m.Subject[last+1:]), Name: m.Subject, Body: bytes.NewReader(m.Data)}
			take := i.Observations
			if strings.HasPrefix(m.Subject, stream.InboxWind) {
				take = i.Winds
			}
			receipt, err := take(ctx, req)
			if vigia.ErrorCode(err) == vigia.NotFound {
				// Nobody waits for an answer here: the account says it.
				return nil, vigia.Errorf(vigia.Invalid, "%s", vigia.ErrorMessage(err))
			}
			for _, p := range receipt.Problems {
				i.Log.Warn("a record from a gateway was rejected", "subject", m.Subject, "error", p.Error())
			}
			return nil, err
		},
	}
}

// account puts what was sealed on the account, without its content.
func (i *Ingest) account() service.Step {
	s := service.Step{Name: "seal", Subjects: []string{stream.Sealed + "*"}}
	s.Prepare = func(_ context.Context, m stream.Message) (service.Apply, error) {
		var sealed vigia.Sealed
		if err := json.Unmarshal(m.Data, &sealed); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "what was sealed is not readable: %v", err)
		}
		return func(tx store.Tx) error {
			_, err := tx.AddSealed(sealed, s.Trace("sealed", i.Clock(), ""))
			return err
		}, nil
	}
	return s
}
