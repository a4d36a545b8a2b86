package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// dist is the console as npm run build left it (web/console). It is committed,
// so that a machine with Go alone builds the whole; CI fails when it is stale.
//
//go:embed all:dist
var dist embed.FS

//go:embed openapi.json
var openAPI []byte

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(openAPI)
}

// console serves the built pages: /partner is the partner's door, a file is
// itself, and any other path is the console's own affair.
func console() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: the embedded console has no dist: " + err.Error())
	}
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		switch {
		case strings.HasPrefix(name, "assets/"):
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // named by their hash
		case name == "partner" || strings.HasPrefix(name, "partner/"):
			servePage(w, files, "partner.html")
			return
		case !isFile(files, name):
			servePage(w, files, "index.html")
			return
		}
		server.ServeHTTP(w, r)
	})
}

func isFile(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && !info.IsDir()
}

func servePage(w http.ResponseWriter, files fs.FS, name string) {
	page, err := fs.ReadFile(files, name)
	if err != nil {
		http.Error(w, "the console is not built: run make console", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(page)
}
