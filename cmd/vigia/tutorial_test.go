package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fence = regexp.MustCompile("(?ms)^```(\\S+)(?: (\\S+))?\n(.*?)^```$")

// TestTutorials does what the tutorials say: a block with a file's name becomes
// the file, a console block's commands are run, and what they write must be as
// printed, where … stands for anything.
func TestTutorials(t *testing.T) {
	pages, err := filepath.Glob("../../docs/tutorials/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no tutorial was found: %v", err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			dir, commands := t.TempDir(), 0
			for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
				kind, name, body := block[1], block[2], block[3]
				if name != "" {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if kind == "console" {
					commands += runConsole(t, dir, body)
				}
			}
			if commands == 0 {
				t.Error("the tutorial runs nothing")
			}
		})
	}
}

func runConsole(t *testing.T, dir, body string) (commands int) {
	t.Helper()
	for _, part := range strings.Split("\n"+body, "\n$ ")[1:] {
		command, want, _ := strings.Cut(part, "\n")
		cmd := exec.Command("bash", "-c", command)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("$ %s\n%v\n%s", command, err, out)
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(want, "\n")), "…", "(?s:.*?)")
		if !regexp.MustCompile("^" + pattern + `\s*$`).MatchString(string(out)) {
			t.Errorf("$ %s\nwrote\n%s\nand the tutorial says\n%s", command, out, want)
		}
		commands++
	}
	return commands
}
