package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/service/ingest"
)

// A folder is where one system keeps everything: the store, the stream, the keys.
type folder struct {
	dir      string
	signer   *audit.Signer
	verifier *audit.Verifier
	overseer string // age public key
	nameKey  []byte
	lock     *os.File
}

func (f *folder) database() string { return filepath.Join(f.dir, "vigia.db") }

func (f *folder) key(name string) string { return filepath.Join(f.dir, "keys", name) }

// openFolder takes the folder for this process and makes the keys it lacks.
func openFolder(dir, overseer string) (*folder, error) {
	f := &folder{dir: dir}
	if err := mkdir(filepath.Join(dir, "keys")); err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, vigia.Errorf(vigia.Conflict, "another vigia uses the folder %s: stop it, or choose another with --data (%v)", dir, err)
	}
	f.lock = lock
	if err := f.readKeys(overseer); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *folder) close() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Close()
}

func (f *folder) readKeys(overseer string) error {
	if err := f.makeKeys(overseer); err != nil {
		return err
	}
	if err := f.readAuditKeys(); err != nil {
		return err
	}
	var err error
	if f.overseer, err = readText(f.key("overseer.pub")); err != nil {
		return err
	}
	if overseer != "" && overseer != f.overseer {
		return vigia.Errorf(vigia.Conflict, "the folder seals to the overseer's key %s, not to %s; a key is changed with a new folder", f.overseer, overseer)
	}
	f.nameKey, err = os.ReadFile(f.key("seal-name.key"))
	return err
}

func (f *folder) readAuditKeys() error {
	private, err := readText(f.key("audit.key"))
	if err != nil {
		return err
	}
	if f.signer, err = audit.NewSigner(private); err != nil {
		return err
	}
	f.verifier, err = readVerifier(f.key("audit.pub"))
	return err
}

func readVerifier(path string) (*audit.Verifier, error) {
	public, err := readText(path)
	if err != nil {
		return nil, err
	}
	return audit.NewVerifier(public)
}

// makeKeys makes what is missing, private keys last to be readable by others.
func (f *folder) makeKeys(overseer string) error {
	if missing(f.key("audit.key")) {
		private, public, err := audit.GenerateKey()
		if err != nil {
			return err
		}
		if err := errors.Join(writeKey(f.key("audit.pub"), public), writeKey(f.key("audit.key"), private)); err != nil {
			return err
		}
	}
	if missing(f.key("seal-name.key")) {
		b := make([]byte, 32)
		rand.Read(b) //nolint:errcheck // crypto/rand does not fail (Go 1.24)
		if err := os.WriteFile(f.key("seal-name.key"), b, 0o600); err != nil {
			return err
		}
	}
	if missing(f.key("overseer.pub")) {
		return f.makeOverseer(overseer)
	}
	return nil
}

// makeOverseer keeps the overseer's public key. Without one, a pair is made,
// and the private half waits in the folder for the overseer to take it away.
func (f *folder) makeOverseer(public string) error {
	if public == "" {
		identity, recipient, err := ingest.GenerateOverseer()
		if err != nil {
			return err
		}
		if err := writeKey(f.key("overseer.key"), identity); err != nil {
			return err
		}
		public = recipient
	}
	return writeKey(f.key("overseer.pub"), public)
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func writeKey(path, text string) error {
	return os.WriteFile(path, []byte(text+"\n"), 0o600)
}

func readText(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", vigia.Errorf(vigia.Invalid, "a key cannot be read: %v", err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return "", fmt.Errorf("the key in %s is empty", path)
	}
	return text, nil
}
