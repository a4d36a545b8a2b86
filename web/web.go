// Package web is the house's face: the HTTP API, the console, and the
// partner's door. It calls services for commands, reads the store, and follows
// the stream for what is live.
package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service"
	"github.com/vigia-project/vigia/service/identity"
	"github.com/vigia-project/vigia/service/ingest"
	"github.com/vigia-project/vigia/service/lead"
	"github.com/vigia-project/vigia/service/task"
	"github.com/vigia-project/vigia/service/video"
)

// A Server answers HTTP.
type Server struct {
	*service.Base
	Identity *identity.Identity
	Ingest   *ingest.Ingest
	Task     *task.Task
	Lead     *lead.Lead
	Video    *video.Library // nil: no video is kept

	Steps   []service.Step // whose lag the status page shows
	Version string
	Started time.Time
	Secure  bool // the connection is TLS: cookies say so
	// Local says that only this machine is served: a name in the Host header
	// that is not this machine's is another site's trick (DNS rebinding).
	Local bool
	// Closing ends what would never end by itself: the followers of events.
	Closing <-chan struct{}

	moving moving
}

// A route is one operation of the API, as openapi.json describes it.
type route struct {
	method, path string
	roles        []vigia.Role // nil = anybody, logged in or not
	status       int          // when it succeeds
	handle       func(*Server, *call) (any, error)
}

// readers are the roles that may see evidence. The partner is not one of them.
var readers = []vigia.Role{vigia.Analyst, vigia.Approver, vigia.Overseer, vigia.Administrator}

// feeders are the roles that may send data.
var feeders = vigia.MayDecide(vigia.RegisterFlight)

// routes is the whole API. A test holds it against openapi.json.
var routes = []route{
	{"POST", "/login", nil, 200, (*Server).login},
	{"POST", "/logout", vigia.Roles(), 204, (*Server).logout},
	{"GET", "/me", vigia.Roles(), 200, (*Server).me},
	{"GET", "/users", []vigia.Role{vigia.Administrator, vigia.Overseer}, 200, (*Server).listUsers},
	{"POST", "/users", []vigia.Role{vigia.Administrator}, 201, (*Server).createUser},

	{"GET", "/authorisations", readers, 200, (*Server).listAuthorisations},
	{"POST", "/authorisations", vigia.MayDecide(vigia.GrantAuthorisation), 201, (*Server).grantAuthorisation},
	{"GET", "/flights", readers, 200, (*Server).listFlights},
	{"POST", "/flights", feeders, 201, (*Server).registerFlight},
	{"POST", "/flights/{flight}/end", feeders, 200, (*Server).endFlight},
	{"GET", "/flights/{flight}/path", readers, 200, (*Server).flightPath},
	{"GET", "/flights/{flight}/proposal", readers, 200, (*Server).proposal},
	{"POST", "/flights/{flight}/observations", feeders, 200, (*Server).sendObservations},
	{"POST", "/flights/{flight}/wind", feeders, 200, (*Server).sendWind},
	{"POST", "/flights/{flight}/ground", feeders, 200, (*Server).sendGround},
	{"GET", "/video", readers, 200, (*Server).listVideo},
	{"GET", "/flights/{flight}/video.m3u8", readers, 200, (*Server).playlist},
	{"GET", "/flights/{flight}/video/{segment}", readers, 200, (*Server).segment},
	{"GET", "/flights/{flight}/looks", readers, 200, (*Server).looks},
	{"GET", "/sources", readers, 200, (*Server).listSources},
	{"POST", "/flights/{flight}/scans", feeders, 200, (*Server).sendScans},
	{"GET", "/buildings", readers, 200, (*Server).listBuildings},
	{"POST", "/buildings", feeders, 200, (*Server).sendBuildings},

	{"GET", "/detections", readers, 200, (*Server).listDetections},
	{"GET", "/plumes", readers, 200, (*Server).listPlumes},
	{"GET", "/posteriors", readers, 200, (*Server).listPosteriors},
	{"GET", "/posteriors/{posterior}", readers, 200, (*Server).getPosterior},
	{"GET", "/sites", readers, 200, (*Server).listSites},
	{"GET", "/sites/{site}", readers, 200, (*Server).getSite},
	{"GET", "/sites/{site}/visits", readers, 200, (*Server).listSiteVisits},
	{"GET", "/sites/{site}/rhythm", readers, 200, (*Server).getSiteRhythm},
	{"GET", "/tracks", readers, 200, (*Server).listTracks},

	{"GET", "/leads", readers, 200, (*Server).listLeads},
	{"POST", "/leads", vigia.MayDecide(vigia.RaiseLead), 201, (*Server).raiseLead},
	{"GET", "/leads/{lead}", readers, 200, (*Server).getLead},
	{"POST", "/leads/{lead}/approve", vigia.MayDecide(vigia.ApproveLead), 200, take(vigia.ApproveLead)},
	{"POST", "/leads/{lead}/decline", vigia.MayDecide(vigia.DeclineLead), 200, take(vigia.DeclineLead)},
	{"POST", "/leads/{lead}/release", vigia.MayDecide(vigia.ReleaseLead), 200, take(vigia.ReleaseLead)},
	{"POST", "/leads/{lead}/withdraw", vigia.MayDecide(vigia.WithdrawLead), 200, take(vigia.WithdrawLead)},

	{"GET", "/partner/leads", []vigia.Role{vigia.Partner}, 200, (*Server).listPartnerLeads},
	{"POST", "/partner/leads/{lead}/acknowledge", vigia.MayDecide(vigia.AcknowledgeLead), 200, (*Server).acknowledgeLead},
	{"POST", "/partner/leads/{lead}/outcome", vigia.MayDecide(vigia.ReportOutcome), 200, (*Server).reportOutcome},

	{"GET", "/sealed", readers, 200, (*Server).listSealed},
	{"GET", "/audit/checkpoint", readers, 200, (*Server).auditCheckpoint},
	{"GET", "/audit/entries", readers, 200, (*Server).listAuditEntries},
	{"GET", "/audit/proof", readers, 200, (*Server).auditProof},
	{"GET", "/status", readers, 200, (*Server).status},
	{"GET", "/live", readers, 200, (*Server).live},
	{"GET", "/events", []vigia.Role{vigia.Analyst, vigia.Approver, vigia.Partner, vigia.Overseer, vigia.Administrator}, 200, (*Server).events},
}

const prefix = "/api/v1"

// Handler is the whole face.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.method+" "+prefix+r.path, s.operation(r))
	}
	mux.HandleFunc("GET "+prefix+"/openapi.json", serveOpenAPI)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /metrics", s.metrics)
	s.features(mux)
	mux.HandleFunc(prefix+"/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, vigia.Errorf(vigia.NotFound, "there is no %s %s; %s/openapi.json lists what there is", r.Method, r.URL.Path, prefix))
	})
	mux.Handle("/", console())
	return s.guard(mux)
}

// A call is one request of a known user.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	user vigia.User
}

// errWritten says that the handler has answered by itself.
var errWritten = errors.New("answered")

// text is an answer that is not JSON.
type text struct {
	mediaType string
	body      []byte
}

func (s *Server) operation(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r}
		err := s.admit(c, rt)
		var answer any
		if err == nil {
			answer, err = rt.handle(s, c)
		}
		switch {
		case errors.Is(err, errWritten):
		case err != nil:
			s.fail(c, err)
		default:
			write(w, rt.status, answer)
		}
	})
}

// fail answers with an error and keeps an internal one for ourselves.
func (s *Server) fail(c *call, err error) {
	s.Counters.Add("web."+string(vigia.ErrorCode(err)), 1)
	if vigia.ErrorCode(err) == vigia.Internal && c.r.Context().Err() == nil {
		s.Log.Error("a request failed", "method", c.r.Method, "path", c.r.URL.Path, "error", err)
	}
	writeError(c.w, err)
}

// statuses maps each code to HTTP, once.
var statuses = map[vigia.Code]int{
	vigia.Invalid:         http.StatusBadRequest,
	vigia.NotFound:        http.StatusNotFound,
	vigia.Conflict:        http.StatusConflict,
	vigia.Forbidden:       http.StatusForbidden,
	vigia.Unauthenticated: http.StatusUnauthorized,
	vigia.Unavailable:     http.StatusServiceUnavailable,
	vigia.Internal:        http.StatusInternalServerError,
}

func writeError(w http.ResponseWriter, err error) {
	body := &vigia.Error{Code: vigia.ErrorCode(err), Message: vigia.ErrorMessage(err)}
	var e *vigia.Error
	if errors.As(err, &e) {
		body = e
	}
	write(w, statuses[body.Code], body)
}

func write(w http.ResponseWriter, status int, answer any) {
	if t, ok := answer.(text); ok {
		w.Header().Set("Content-Type", t.mediaType)
		w.WriteHeader(status)
		_, _ = w.Write(t.body)
		return
	}
	if answer == nil {
		w.WriteHeader(status)
		return
	}
	body, err := json.Marshal(answer)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"code":"internal","message":"the answer could not be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// maxJSON bounds a request that is read whole.
const maxJSON = 1 << 20

// read reads a JSON request; a field that is not known is an error.
func (c *call) read(v any) error {
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return vigia.Errorf(vigia.Invalid, "the request is not the JSON that is described: %v", err)
	}
	return nil
}
