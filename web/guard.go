package web

import (
	"net"
	"net/http"
	"strings"

	"github.com/vigia-project/vigia"
)

const (
	sessionCookie = "vigia_session"
	csrfHeader    = "X-Vigia-CSRF"

	// The console runs its map's worker from a file of its own and writes no
	// style into the page; nothing comes from anywhere else.
	contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// consoleMedia lets the console's page, and no other, play what its own script
// puts together from segments: browsers name that by a blob: address.
const consoleMedia = "; media-src blob:"

// guard sets what a browser must know and turns other sites' tricks away.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Local && !localHost(r.Host) {
			writeError(w, vigia.Errorf(vigia.Forbidden, "this server speaks to this machine only, not as %q", r.Host))
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		if r.URL.Path == "/" || r.URL.Path == "/index.html" {
			h.Set("Content-Security-Policy", contentPolicy+consoleMedia)
		}
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
		if strings.HasPrefix(r.URL.Path, prefix) || strings.HasPrefix(r.URL.Path, featuresRoot+"/") {
			h.Set("Cache-Control", "no-store")
		}
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

func localHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// admit finds who calls and whether that person may.
func (s *Server) admit(c *call, rt route) error {
	if rt.roles == nil {
		return nil
	}
	secret, browser := secretOf(c.r)
	if secret == "" {
		return vigia.Errorf(vigia.Unauthenticated, "log in first, or send an API token (Authorization: Bearer)")
	}
	u, err := s.Identity.Who(c.r.Context(), secret)
	if err != nil {
		return err
	}
	if browser && rt.method != http.MethodGet && c.r.Header.Get(csrfHeader) != "1" {
		return vigia.Errorf(vigia.Forbidden, "a request of a browser that changes something needs the header %s: 1", csrfHeader)
	}
	c.user = u
	for _, role := range rt.roles {
		if role == u.Role {
			return nil
		}
	}
	return vigia.Errorf(vigia.Forbidden, "the role %s may not; %v may", u.Role, rt.roles)
}

// secretOf finds the token or the session's cookie.
func secretOf(r *http.Request) (secret string, browser bool) {
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return bearer, false
	}
	if password := basic(r); password != "" {
		return password, false
	}
	if c, err := r.Cookie(sessionCookie); err == nil {
		return c.Value, true
	}
	return "", false
}

func (s *Server) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteStrictMode,
	}
}
