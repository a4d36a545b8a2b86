package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/vigia-project/vigia"
)

// minPassword and maxPassword bound a password, characters and bytes
// (NIST SP 800-63B §5.1.1: at least 8, and long ones allowed).
const (
	minPassword = 8
	maxPassword = 1024
)

// A Cost is what one guess of a password costs an attacker (RFC 9106).
type Cost struct {
	Passes    uint32
	MemoryKiB uint32
	Lanes     uint8
}

// Recommended is the second choice of RFC 9106 §4 with fewer lanes, for a
// machine that does other things too: 64 MiB, three passes.
var Recommended = Cost{Passes: 3, MemoryKiB: 64 << 10, Lanes: 2}

const keyLen = 32

// Hash makes the PHC string of a password with a new salt.
func (c Cost) Hash(password string) (string, error) {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return "", vigia.Errorf(vigia.Invalid, "a password needs at least %d characters", minPassword)
	case len(password) > maxPassword:
		return "", vigia.Errorf(vigia.Invalid, "a password has at most %d bytes", maxPassword)
	}
	salt := make([]byte, 16)
	rand.Read(salt) //nolint:errcheck // crypto/rand does not fail (Go 1.24)
	return c.phc(password, salt), nil
}

func (c Cost) phc(password string, salt []byte) string {
	key := argon2.IDKey([]byte(password), salt, c.Passes, c.MemoryKiB, c.Lanes, keyLen)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.MemoryKiB, c.Passes, c.Lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// dummy is a hash that no password has, at this cost.
func (c Cost) dummy() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.MemoryKiB, c.Passes, c.Lanes,
		base64.RawStdEncoding.EncodeToString(make([]byte, 16)), base64.RawStdEncoding.EncodeToString(make([]byte, keyLen)))
}

// Check tells whether the password is the one of the PHC string.
func Check(phc, password string) bool {
	var version int
	var c Cost
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || len(password) > maxPassword {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Passes, &c.Lanes); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	return subtle.ConstantTimeCompare([]byte(c.phc(password, salt)), []byte(phc)) == 1
}
