package plain

import (
	"math"

	"github.com/vigia-project/vigia"
)

// fields reads a row's fields one after the other and keeps the first fault.
type fields struct {
	row row
	err *vigia.Error
}

func (f *fields) fail(column, format string, args ...any) {
	if f.err == nil {
		f.err = f.row.errorf(column, format, args...)
	}
}

func (f *fields) needed(column string) float64 {
	v, err := f.row.needed(column)
	if f.err == nil {
		f.err = err
	}
	return v
}

func (f *fields) optional(column string) (v float64, known bool) {
	v, known, err := f.row.number(column)
	if f.err == nil {
		f.err = err
	}
	return v, known
}

// whole reads a whole number from 0 up.
func (f *fields) whole(column string) int {
	v := f.needed(column)
	if v < 0 || v > 1e12 || v != math.Trunc(v) {
		f.fail(column, "%v is not a whole number from 0 up", v)
		return 0
	}
	return int(v)
}

func (f *fields) seconds(column string) float64 {
	v := f.needed(column)
	if math.Abs(v) > 1e12 {
		f.fail(column, "%v seconds is not a time", v)
	}
	return v
}

func (f *fields) metres(column string) float64 {
	v := f.needed(column)
	if math.Abs(v) > 1e9 {
		f.fail(column, "%v m is not a place in a local frame", v)
	}
	return v
}

func (f *fields) atLeast0(column string) float64 {
	v, _ := f.optional(column)
	if v < 0 || v > 1e6 {
		f.fail(column, "%v is not a number from 0 to 10⁶", v)
	}
	return v
}

// name reads a text of at most 64 bytes.
func (f *fields) name(column string) string {
	s := f.row.text(column)
	if len(s) > 64 {
		f.fail(column, "%q is longer than 64 bytes", clip(s))
		return ""
	}
	return s
}
