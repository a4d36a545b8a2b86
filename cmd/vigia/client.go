package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/vigia-project/vigia"
)

// remote are the flags of every command that speaks to a running system.
type remote struct {
	Server string `help:"Address of the running system." default:"http://127.0.0.1:8080" env:"VIGIA_SERVER"`
	Token  string `help:"API token (vigia user token NAME)." env:"VIGIA_TOKEN"`
	JSON   bool   `help:"Write JSON for machines." name:"json"`
}

// maxAnswer bounds what a server may answer.
const maxAnswer = 64 << 20

// do calls the API. in is JSON, or an io.Reader of mediaType; out may be nil.
func (r remote) do(ctx context.Context, method, path, mediaType string, in io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.Server, "/")+"/api/v1"+path, in)
	if err != nil {
		return vigia.Errorf(vigia.Invalid, "the server's address: %v", err)
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return vigia.Errorf(vigia.Unavailable, "no answer from %s: %v (is vigia serve running?)", r.Server, err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return vigia.Errorf(vigia.Unavailable, "the answer of %s broke off: %v", r.Server, err)
	}
	if res.StatusCode > 299 {
		e := &vigia.Error{}
		if json.Unmarshal(body, e) != nil || e.Code == "" {
			return vigia.Errorf(vigia.Unavailable, "%s answered %s", r.Server, res.Status)
		}
		return e
	}
	if out == nil || len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("the answer of %s is not readable: %w", r.Server, err)
	}
	return nil
}

func (r remote) get(ctx context.Context, path string, out any) error {
	return r.do(ctx, http.MethodGet, path, "", nil, out)
}

func (r remote) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return r.do(ctx, http.MethodPost, path, "application/json", bytes.NewReader(body), out)
}

// again calls f until it does not fail for want of a server.
func again(ctx context.Context, patience time.Duration, f func() error) error {
	deadline := time.Now().Add(patience)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := f()
		if vigia.ErrorCode(err) != vigia.Unavailable || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// escape makes a name safe in a path.
func escape(id vigia.ID) string { return url.PathEscape(string(id)) }

// writeJSON writes a value for machines.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// progress is a bar on a terminal and nothing in a pipe.
func progress(w io.Writer, total int64, what string, unit bool) *progressbar.ProgressBar {
	f, ok := w.(*os.File)
	visible := ok && term.IsTerminal(int(f.Fd()))
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w), progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(unit),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
}
