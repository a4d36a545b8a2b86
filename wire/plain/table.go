package plain

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vigia-project/vigia"
)

// A table is a file of comma-separated values with a header.
type table struct {
	name     string
	scan     *scanner
	header   Record
	columns  []string
	index    map[string]int
	warnings []string
	done     error // the end, once it was met
}

// openTable reads the header. known are the columns that mean something.
func openTable(r io.Reader, name string, known []string) (*table, error) {
	t := &table{name: name, scan: newScanner(r), index: map[string]int{}}
	if err := t.skipMark(); err != nil {
		return nil, err
	}
	rec, fields, f, err := t.scan.next()
	switch {
	case err == io.EOF:
		return nil, t.errorAt(1, "", "the file is empty; its first line must name the columns")
	case err != nil:
		return nil, err
	case f != nil:
		return nil, t.errorAt(rec.Line, "", f.message)
	}
	if e := checkText(rec.Raw); e != "" {
		return nil, t.errorAt(rec.Line, "", e)
	}
	t.header, t.columns = rec, fields
	t.scan.want = len(fields)
	var unknown []string
	for i, c := range fields {
		if _, twice := t.index[c]; twice {
			return nil, t.errorAt(rec.Line, c, "the header names this column twice")
		}
		t.index[c] = i
		if slices.Contains(known, c) {
			continue
		}
		unknown = append(unknown, c)
	}
	for i, c := range unknown {
		if e := t.foreignUnit(c, known); e != "" {
			return nil, t.errorAt(rec.Line, c, e)
		}
		unknown[i] = strconv.Quote(c)
	}
	if len(unknown) > 0 {
		t.warn("unknown columns are ignored: " + abridge(unknown))
	}
	return t, nil
}

// skipMark drops a UTF-8 byte order mark and refuses UTF-16.
func (t *table) skipMark() error {
	s := t.scan
	for s.end-s.start < 3 && s.more() {
	}
	b := s.buf[s.start:s.end]
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		s.advance(3)
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return t.errorAt(1, "", "the file is UTF-16; UTF-8 is needed")
	}
	return nil
}

func (t *table) has(column string) bool {
	_, ok := t.index[column]
	return ok
}

// require answers an error that names the first of the columns that is missing.
func (t *table) require(columns ...string) error {
	for _, c := range columns {
		if !t.has(c) {
			return t.errorAt(t.header.Line, c, "this column is required and the header does not have it")
		}
	}
	return nil
}

// anyOf tells whether the header has one of the columns.
func (t *table) anyOf(columns ...string) bool { return slices.ContainsFunc(columns, t.has) }

func (t *table) warn(sentence string) { t.warnings = append(t.warnings, sentence) }

func (t *table) errorAt(line int, column, message string) *vigia.Error {
	return &vigia.Error{Code: vigia.Invalid, Message: message, File: t.name, Line: line, Column: column}
}

// next returns the next record as a row. A *vigia.Error is the record's.
func (t *table) next() (row, error) {
	if t.done != nil {
		return row{}, t.done
	}
	rec, fields, f, err := t.scan.next()
	if err != nil {
		t.done = err
		if err != io.EOF {
			t.done = &readError{t.name, rec.Line, err}
		} else if t.scan.unended {
			t.warn("the last line has no line break: the file may be cut short")
		}
		return row{}, t.done
	}
	r := row{Record: rec, table: t, fields: fields}
	if f != nil {
		return r, t.errorAt(rec.Line, t.columnName(f.field), f.message)
	}
	if len(fields) < len(t.columns) {
		return r, t.errorAt(rec.Line, t.columns[len(fields)], "the record ends before this column: it has "+
			strconv.Itoa(len(fields))+" fields and the header "+strconv.Itoa(len(t.columns)))
	}
	if len(fields) > len(t.columns) {
		return r, t.errorAt(rec.Line, t.columnName(len(t.columns)), "the record goes on behind this column: it has "+
			strconv.Itoa(len(fields))+" fields and the header "+strconv.Itoa(len(t.columns)))
	}
	for i, field := range fields {
		if e := checkText(field); e != "" {
			return r, t.errorAt(rec.Line, t.columns[i], e)
		}
	}
	return r, nil
}

// columnName is the name of the column that a field stands in, the last one
// for a field behind it.
func (t *table) columnName(field int) string {
	return t.columns[max(0, min(field, len(t.columns)-1))]
}

// A readError says that the bytes stopped coming.
type readError struct {
	name string
	line int
	err  error
}

func (e *readError) Error() string {
	return (&vigia.Error{File: e.name, Line: e.line, Message: "reading stopped: " + e.err.Error()}).Error()
}

func (e *readError) Unwrap() error { return e.err }

// A row is one record under the header.
type row struct {
	Record
	table  *table
	fields []string
}

func (r row) text(column string) string {
	if i, ok := r.table.index[column]; ok {
		return r.fields[i]
	}
	return ""
}

func (r row) errorf(column, format string, args ...any) *vigia.Error {
	return r.table.errorAt(r.Line, column, vigia.Errorf(vigia.Invalid, format, args...).Message)
}

// number reads a finite decimal number; known is false for an empty field.
func (r row) number(column string) (v float64, known bool, err *vigia.Error) {
	s := r.text(column)
	if s == "" {
		return 0, false, nil
	}
	// ParseFloat also reads hexadecimal, "inf" and "nan".
	if strings.Trim(s, "+-.0123456789eE") != "" {
		switch strings.ToLower(strings.TrimLeft(s, "+-")) {
		case "nan", "inf", "infinity", "na", "null", "none":
			return 0, false, r.errorf(column, "%q is not a finite number; a value that is not known is an empty field", s)
		}
		return 0, false, r.errorf(column, "%q is not a number", clip(s))
	}
	v, e := strconv.ParseFloat(s, 64)
	if e != nil {
		return 0, false, r.errorf(column, "%q is not a number", clip(s))
	}
	return v, true, nil
}

// needed reads a number that must be there.
func (r row) needed(column string) (float64, *vigia.Error) {
	v, known, err := r.number(column)
	if err == nil && !known {
		err = r.errorf(column, "the field is empty and a number is needed")
	}
	return v, err
}

// optional reads a number that is 0 when it is not known.
func (r row) optional(column string) (float64, *vigia.Error) {
	v, _, err := r.number(column)
	return v, err
}

// time reads time, or time_s after the start.
func (r row) time(o Options) (time.Time, *vigia.Error) {
	var t time.Time
	column := "time"
	if r.table.has("time") {
		s := r.text("time")
		if s == "" {
			return t, r.errorf("time", "the field is empty and a time is needed")
		}
		var err error
		if t, err = time.Parse(time.RFC3339, s); err != nil {
			if _, e := time.Parse("2006-01-02T15:04:05", s); e == nil {
				return t, r.errorf("time", "%q has no time zone; in UTC it ends in Z", s)
			}
			return t, r.errorf("time", "%q is not a time of RFC 3339, such as 2026-01-31T12:00:00Z", clip(s))
		}
	} else {
		column = "time_s"
		s, err := r.needed("time_s")
		if err != nil {
			return t, err
		}
		if s < -1e9 || s > 1e9 {
			return t, r.errorf("time_s", "%v seconds from the start is more than thirty years", s)
		}
		t = o.Start.Add(time.Duration(s * float64(time.Second)))
	}
	now := o.Now
	if now.IsZero() {
		now = t
	}
	if err := vigia.ValidTime(t, now); err != nil {
		return t, r.errorf(column, "%s", vigia.ErrorMessage(err))
	}
	return t.UTC(), nil
}

// requireTime answers an error unless the header has one of time and time_s,
// and a start for the latter.
func (t *table) requireTime(o Options) error {
	switch {
	case t.has("time") && t.has("time_s"):
		return t.errorAt(t.header.Line, "time_s", "a file has time or time_s, not both")
	case t.has("time_s") && o.Start.IsZero():
		return t.errorAt(t.header.Line, "time_s", "the column counts from the start of the record, and no start is given")
	case t.has("time_s"):
		return nil
	}
	return t.require("time")
}

// checkText says what is wrong with bytes that are not UTF-8 text, or nothing.
func checkText(s string) string {
	switch {
	case strings.IndexByte(s, 0) >= 0:
		return "there is a NUL byte: the file is damaged, or not text"
	case !utf8.ValidString(s):
		return "the bytes are not UTF-8"
	}
	return ""
}

// clip shortens what came from outside for an error's sentence.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// abridge joins at most ten of the words.
func abridge(words []string) string {
	for i, w := range words[:min(len(words), 10)] {
		words[i] = clip(w)
	}
	if len(words) > 10 {
		words = append(words[:10:10], "and "+strconv.Itoa(len(words)-10)+" more")
	}
	return strings.Join(words, ", ")
}
