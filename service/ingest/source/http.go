package source

import (
	"context"
	"net/http"
	"time"

	"github.com/vigia-project/vigia"
)

// get asks an HTTP server and reads its answer as it comes.
func get(c Config) (link, error) {
	t, err := c.tls(false)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: t, ResponseHeaderTimeout: 30 * time.Second, TLSHandshakeTimeout: 10 * time.Second, Proxy: http.ProxyFromEnvironment,
	}}
	return func(ctx context.Context, s *Source) error {
		for {
			if err := s.answer(ctx, client, c); err != nil {
				return err
			}
			if c.EverySeconds == 0 {
				return errEnd
			}
			timer := time.NewTimer(time.Duration(c.EverySeconds * float64(time.Second)))
			select {
			case <-ctx.Done():
				timer.Stop()
				return nil
			case <-timer.C:
			}
		}
	}, nil
}

// answer reads one answer to its end.
func (s *Source) answer(ctx context.Context, client *http.Client, c Config) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return err
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return vigia.Errorf(vigia.Unavailable, "the server %s cannot be reached", req.URL.Host) // the error itself names user and password
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	if resp.StatusCode != http.StatusOK {
		return vigia.Errorf(vigia.Unavailable, "the server %s answers %s", req.URL.Host, resp.Status)
	}
	s.Meter.state(s.clock(), Up)
	return s.pump(ctx, resp.Body)
}
