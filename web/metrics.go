package web

import (
	"fmt"
	"net/http"
	"sort"
	"strings"

	"github.com/vigia-project/vigia/service/ingest/source"
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
		n, err := s.Pending(r.Context(), step)
		if err != nil {
			s.fail(c, err)
			return
		}
		fmt.Fprintf(&out, "vigia_pending{step=%q} %d\n", step.Name, n)
	}
	writeSources(&out, s.Ingest.Sources())
	fmt.Fprintf(&out, "# HELP vigia_start_time_seconds When the server started, since 1970.\n# TYPE vigia_start_time_seconds gauge\nvigia_start_time_seconds %d\n", s.Started.Unix())
	fmt.Fprintf(&out, "# HELP vigia_info The version.\n# TYPE vigia_info gauge\nvigia_info{version=%q} 1\n", s.Version)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(out.String()))
}

// sourceMetrics are what is told of each source.
var sourceMetrics = []struct {
	name, kind, help string
	value            func(source.Status) float64
}{
	{"up", "gauge", "1 while bytes can come.", func(s source.Status) float64 {
		if s.State == source.Up {
			return 1
		}
		return 0
	}},
	{"bytes_total", "counter", "Bytes that came.", func(s source.Status) float64 { return float64(s.Bytes) }},
	{"accepted_total", "counter", "Records on disk.", func(s source.Status) float64 { return float64(s.Accepted) }},
	{"sealed_total", "counter", "Records that no authorisation covers.", func(s source.Status) float64 { return float64(s.Sealed) }},
	{"repeated_total", "counter", "Records that had come before.", func(s source.Status) float64 { return float64(s.Repeated) }},
	{"bad_total", "counter", "Packets and records that cannot be used.", func(s source.Status) float64 { return float64(s.Bad) }},
	{"lost_total", "counter", "Packets that did not come, or were dropped.", func(s source.Status) float64 { return float64(s.Lost) }},
	{"lag_seconds", "gauge", "From the time of the last record to its coming.", func(s source.Status) float64 { return s.LagSeconds }},
}

func writeSources(out *strings.Builder, all []source.Status) {
	if len(all) == 0 {
		return
	}
	for _, m := range sourceMetrics {
		fmt.Fprintf(out, "# HELP vigia_source_%s %s\n# TYPE vigia_source_%s %s\n", m.name, m.help, m.name, m.kind)
		for _, s := range all {
			fmt.Fprintf(out, "vigia_source_%s{source=%q} %g\n", m.name, s.Name, m.value(s))
		}
	}
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
