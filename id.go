package vigia

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
)

// An ID names a thing. What the system works out is named by a hash of what it
// was worked out from, so that the same log gives the same names; what people
// bring (a flight, a user) is named by them.
type ID string

// NewID returns kind-h, where h is the first 128 bits of the SHA-256 of the
// parts in JSON. The same parts give the same ID, always.
func NewID(kind string, parts ...any) ID {
	b, err := json.Marshal(parts)
	if err != nil {
		// Only a channel, a function or a non-finite number can get here, and
		// no noun holds one once it is validated.
		panic("vigia: an id cannot be made of " + err.Error())
	}
	sum := sha256.Sum256(b)
	return ID(kind + "-" + hex.EncodeToString(sum[:16]))
}

// nameRE is what people may call a flight, a user or an authorisation: safe in
// a subject, a URL and a file name.
var nameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// ValidName tells whether s can be the name of a flight, an authorisation, a
// sensor or a user: 1 to 64 letters, digits, hyphens or underscores.
func ValidName(s string) bool { return nameRE.MatchString(s) }

// Digest is the SHA-256 of b in hexadecimal: the name of bytes as they came.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
