// Package sites joins what single flights say into sites.
package sites

import (
	"context"
	"encoding/json"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/fusion"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/stream"
)

// Sites is the step.
type Sites struct{ *service.Base }

// New makes the step.
func New(b *service.Base) *Sites { return &Sites{b} }

// Step joins each posterior with the sites there are. It is the only writer of
// sites, and does one message at a time.
func (s *Sites) Step() service.Step {
	step := service.Step{Name: "sites", Subjects: []string{stream.SourceLocated}}
	step.Prepare = func(_ context.Context, m stream.Message) (service.Apply, error) {
		var p vigia.Posterior
		if err := json.Unmarshal(m.Data, &p); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "the posterior is not readable: %v", err)
		}
		return func(tx store.Tx) error {
			known, err := tx.Sites()
			if err != nil {
				return err
			}
			for _, site := range fusion.Fuse(known, p) {
				if err := tx.PutSite(site, step.Trace("site.changed", s.Clock(), stream.SiteChanged)); err != nil {
					return err
				}
				s.Counters.Add("sites.changed", 1)
			}
			return nil
		}, nil
	}
	return step
}
