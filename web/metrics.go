package web

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
)

// metrics writes what the status page shows in Prometheus's text format 0.0.4,
// for whoever may read the status page (a token as bearer_token in the scrape's
// configuration).
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r}
	if err := s.admit(c, route{method: http.MethodGet, roles: readers}); err != nil {
		s.fail(c, err)
		return
	}
	var out strings.Builder
	out.WriteString("# HELP vigia_total What was counted since the start, by name.\n# TYPE vigia_total counter\n")
	counters := s.Counters.All()
	for _, name := range sorted(counters) {
		fmt.Fprintf(&out, "vigia_total{name=%q} %g\n", name, counters[name])
	}
	out.WriteString("# HELP vigia_pending Messages that wait for a step.\n# TYPE vigia_pending gauge\n")
	for _, step := range s.Steps {
		n, err := s.Stream.Pending(r.Context(), step.Consumer())
		if err != nil {
			s.fail(c, err)
			return
		}
		fmt.Fprintf(&out, "vigia_pending{step=%q} %d\n", step.Name, n)
	}
	fmt.Fprintf(&out, "# HELP vigia_start_time_seconds When the server started, since 1970.\n# TYPE vigia_start_time_seconds gauge\nvigia_start_time_seconds %d\n", s.Started.Unix())
	fmt.Fprintf(&out, "# HELP vigia_info The version.\n# TYPE vigia_info gauge\nvigia_info{version=%q} 1\n", s.Version)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(out.String()))
}

func sorted(m map[string]float64) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// basic lets a program that knows names and passwords only, such as a
// geographic information system, send an API token in the password's place.
func basic(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	return ""
}
