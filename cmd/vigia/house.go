package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/core/sharing"
	"github.com/vigia-project/vigia/core/spectral"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/detect"
	"github.com/vigia-project/vigia/service/follow"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/service/lead"
	"github.com/vigia-project/vigia/service/locate"
	"github.com/vigia-project/vigia/service/relay"
	"github.com/vigia-project/vigia/service/sites"
	"github.com/vigia-project/vigia/service/task"
	"github.com/vigia-project/vigia/service/video"
	"github.com/vigia-project/vigia/store"
	"github.com/vigia-project/vigia/store/sqlite"
	"github.com/vigia-project/vigia/stream/jetstream"
	"github.com/vigia-project/vigia/web"
)

// A house is every part of the system, wired, on the embedded default.
type house struct {
	*service.Base
	folder   *folder
	store    *sqlite.DB
	stream   *jetstream.Stream
	identity *identity.Identity
	ingest   *ingest.Ingest
	follow   *follow.Follow
	task     *task.Task
	lead     *lead.Lead
	video    *video.Library
	relay    *relay.Relay
	tak      *relay.TAKServer
	steps    []service.Step

	takListener net.Listener // nil: TAK clients are not served
	feeds       []feed       // what brings data in

	stop    context.CancelFunc
	running sync.WaitGroup
}

// settings are what a house can be told.
type settings struct {
	dir          string
	overseerKey  string // age public key; "" = the folder's
	falseAlarm   float64
	policy       sharing.Policy
	destinations []relay.Destination
	takPartners  []string
	stream       jetstream.Options // Dir is set here
	passwordCost identity.Cost
	log          *slog.Logger
	silent       bool // nothing is relayed: a replay must not announce twice
}

// openHouse opens the folder and wires every part. Nothing runs yet.
func openHouse(ctx context.Context, s settings) (h *house, err error) {
	h = &house{}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.close())
			h = nil
		}
	}()
	if h.folder, err = openFolder(s.dir, s.overseerKey); err != nil {
		return h, err
	}
	if h.store, err = sqlite.Open(ctx, h.folder.database(), h.folder.signer); err != nil {
		return h, err
	}
	s.stream.Dir = filepath.Join(s.dir, "stream")
	if h.stream, err = jetstream.Open(ctx, s.stream); err != nil {
		return h, err
	}
	h.Base = service.New(h.store, h.stream, time.Now, s.log)
	sealer, err := ingest.NewSealer(h.folder.overseer, h.folder.nameKey)
	if err != nil {
		return h, err
	}
	h.identity = identity.New(h.Base, s.passwordCost)
	h.ingest = ingest.New(h.Base, sealer)
	h.task = task.New(h.Base)
	h.lead = lead.New(h.Base, s.policy)
	h.video = video.New(h.Base)
	h.steps = []service.Step{
		h.task.Step(),
		detect.New(h.Base, s.falseAlarm, spectral.Library(), runtime.NumCPU()).Step(),
		locate.New(h.Base, runtime.NumCPU()).Step(),
		sites.New(h.Base).Step(),
		h.lead.Step(),
	}
	if h.follow, err = follow.New(h.Base, follow.DefaultKeep); err != nil {
		return h, err
	}
	h.steps = append(h.steps, h.ingest.Steps()...)
	h.steps = append(h.steps, h.follow.Steps()...)
	if !s.silent {
		h.relay = relay.New(h.Base, s.destinations)
		h.tak = relay.NewTAKServer(h.Base, s.takPartners)
		h.steps = append(h.steps, h.relay.Step())
	}
	return h, nil
}

// run starts every step. failed is called when one of them ends by itself.
func (h *house) run(failed func(error)) {
	ctx, cancel := context.WithCancel(context.Background())
	h.stop = cancel
	start := func(name string, f func(context.Context) error) {
		h.running.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				failed(fmt.Errorf("%s stopped: %w", name, err))
			}
		})
	}
	for _, s := range h.steps {
		start("the step "+s.Name, func(ctx context.Context) error { return h.Run(ctx, s) })
	}
	start("the announcer", h.Announce)
	start("the library of video", h.video.Run)
	start("the forgetting", h.follow.Forget)
	if h.relay != nil {
		start("the relay", h.relay.Send)
	}
	for _, f := range h.feeds {
		start(f.name, f.run)
	}
	if h.takListener != nil {
		start("the TAK server", func(ctx context.Context) error { return h.tak.Serve(ctx, h.takListener) })
		start("the TAK server's announcer", h.tak.Announce)
	}
}

// close lets every step finish the message it is at, then closes what is open.
func (h *house) close() error {
	if h.stop != nil {
		h.stop()
		h.running.Wait()
	}
	var errs []error
	if h.stream != nil {
		errs = append(errs, h.stream.Close())
	}
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	if h.folder != nil {
		errs = append(errs, h.folder.close())
	}
	return errors.Join(errs...)
}

// server is the house's face.
func (h *house) server(secure, local bool, closing <-chan struct{}) *web.Server {
	return &web.Server{
		Base: h.Base, Identity: h.identity, Ingest: h.ingest, Task: h.task, Lead: h.lead, Video: h.video,
		Steps: h.steps, Version: versionText(), Started: h.Clock(), Secure: secure, Local: local, Closing: closing,
	}
}

// idle tells whether nothing is under way any more.
func (h *house) idle(ctx context.Context) (bool, error) {
	for range 2 { // what a step announces wakes a step that was asked before
		for _, s := range h.steps {
			n, err := h.Pending(ctx, s)
			if err != nil || n > 0 {
				return false, err
			}
		}
		n, err := h.outboxLen(ctx)
		if err != nil || n > 0 {
			return false, err
		}
	}
	return true, nil
}

// logger writes for a person who looks at a terminal or a journal.
func logger(w std, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: level}))
}

// quiet keeps the log to what went wrong, for a command that tells its own story.
func quiet(w std, verbose bool) *slog.Logger {
	if verbose {
		return logger(w, true)
	}
	return slog.New(slog.NewTextHandler(w.err, &slog.HandlerOptions{Level: slog.LevelError}))
}

// mkdir makes a folder that only this user reads.
func mkdir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return vigia.Errorf(vigia.Invalid, "the folder cannot be made: %v", err)
	}
	return nil
}

func (h *house) outboxLen(ctx context.Context) (n int, err error) {
	err = h.store.View(ctx, func(r store.Reader) error {
		out, err := r.Outbox(0)
		n = len(out)
		return err
	})
	return n, err
}

func (h *house) users(ctx context.Context) (n int, err error) {
	err = h.store.View(ctx, func(r store.Reader) error {
		users, err := r.Users()
		n = len(users)
		return err
	})
	return n, err
}
