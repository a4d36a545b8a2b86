package audit

import (
	"crypto/rand"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin is the first line of every checkpoint: which log it speaks of.
const Origin = "vigia-project.github.io/audit"

// A Checkpoint says how long the log was and what its root was.
type Checkpoint struct {
	Size int64
	Root Hash
	Note string // the signed text
}

// A Signer signs checkpoints (Ed25519, golang.org/x/mod/sumdb/note).
type Signer struct{ signer note.Signer }

// A Verifier checks their signatures.
type Verifier struct{ verifier note.Verifier }

// GenerateKey makes the key pair of a log, in the text form of sumdb/note.
func GenerateKey() (private, public string, err error) {
	return note.GenerateKey(rand.Reader, Origin)
}

// NewSigner reads a private key.
func NewSigner(private string) (*Signer, error) {
	s, err := note.NewSigner(private)
	if err != nil {
		return nil, fmt.Errorf("the audit log's private key is not readable: %w", err)
	}
	return &Signer{s}, nil
}

// NewVerifier reads a public key.
func NewVerifier(public string) (*Verifier, error) {
	v, err := note.NewVerifier(public)
	if err != nil {
		return nil, fmt.Errorf("the audit log's public key is not readable: %w", err)
	}
	return &Verifier{v}, nil
}

// Sign makes the checkpoint of a log.
func (s *Signer) Sign(size int64, root Hash) (Checkpoint, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", Origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, s.signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signing a checkpoint: %w", err)
	}
	return Checkpoint{Size: size, Root: root, Note: string(signed)}, nil
}

// Open checks a checkpoint's signature and reads it.
func (v *Verifier) Open(signed string) (Checkpoint, error) {
	n, err := note.Open([]byte(signed), note.VerifierList(v.verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint's signature does not hold: %w", err)
	}
	var origin, root string
	c := Checkpoint{Note: signed}
	if _, err := fmt.Sscanf(n.Text, "%s\n%d\n%s\n", &origin, &c.Size, &root); err != nil {
		return c, fmt.Errorf("the checkpoint is not readable: %w", err)
	}
	if origin != Origin || c.Size < 0 {
		return c, fmt.Errorf("the checkpoint is of another log: %q", origin)
	}
	c.Root, err = tlog.ParseHash(root)
	return c, err
}
