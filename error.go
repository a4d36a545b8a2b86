package vigia

import (
	"errors"
	"fmt"
	"strings"
)

// A Code says what kind of failure an Error is, for machines.
type Code string

// The codes. The web maps each to one HTTP status, the command line to one
// exit code.
const (
	Invalid         Code = "invalid"         // the input is wrong; sending it again will not help
	NotFound        Code = "not_found"       // what was named does not exist
	Conflict        Code = "conflict"        // someone changed it first, or the step does not follow
	Forbidden       Code = "forbidden"       // the role may not, or a second person is needed
	Unauthenticated Code = "unauthenticated" // nobody is logged in
	Unavailable     Code = "unavailable"     // try again
	Internal        Code = "internal"        // a defect here
)

// An Error is a value: a code for machines, a sentence for people, and where
// the input went wrong when it came from a file.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`   // 1 is the first
	Column  string `json:"column,omitempty"` // the column's name
}

// Errorf makes an Error of a code and a sentence.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error writes where, then what.
func (e *Error) Error() string {
	var where strings.Builder
	if e.File != "" {
		where.WriteString(e.File)
	}
	if e.Line > 0 {
		fmt.Fprintf(&where, ":%d", e.Line)
	}
	if where.Len() > 0 {
		where.WriteString(": ")
	}
	if e.Column != "" {
		fmt.Fprintf(&where, "column %s: ", e.Column)
	}
	return where.String() + e.Message
}

// ErrorCode returns the code of the first Error that err wraps, Internal for
// any other error and "" for nil.
func ErrorCode(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return Internal
}

// ErrorMessage returns the sentence that may be shown to a person: an Error's
// own words, and nothing of an internal one.
func ErrorMessage(err error) string {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Error()
	}
	return "an internal error; the server's log has it"
}
