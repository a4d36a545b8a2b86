package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/wire/gmti"
	"github.com/vigia-project/vigia/wire/mavlink"
	"github.com/vigia-project/vigia/wire/misb"
	"github.com/vigia-project/vigia/wire/mpegts"
)

type decodeCmd struct {
	File string `arg:"" help:"What to read; - is standard input."`
	Type string `help:"What it is: ${enum}. Guessed from the first bytes when not given." enum:",ts,klv,4607,tlog,cot" default:"" placeholder:"TYPE"`
	JSON bool   `help:"Write JSON, one object a line. There is no other form." name:"json"`
	Out  string `help:"Write to this file." short:"o" placeholder:"FILE"`
}

// Help is the page behind --help.
func (decodeCmd) Help() string {
	return `Reads what a sensor or a command post sent and writes one JSON object a line, by
the names and units of the standard (docs/formats). Nothing is left out: an item
that is not known comes as its tag and its bytes. A packet with a bad checksum
says so and gives no values. What was lost or passed over is told at the end, on
standard error.

    vigia decode flight.ts`
}

// A decoding reads one kind of file.
type decoding struct {
	// run reads r to its end and writes objects. It returns what to tell.
	run func(r io.Reader, w *lines) (told string, err error)
	// is tells whether a file begins so.
	is func(head []byte) bool
}

// decodings are the kinds of files, by the name of --type.
var decodings = map[string]decoding{
	"ts":   {decodeTS, mpegts.Is},
	"klv":  {decodeKLV, misb.Is},
	"4607": {decode4607, gmti.Is},
	"cot":  {decodeCoT, isCoT},
	"tlog": {decodeTlog, mavlink.IsTlog},
}

// guessOrder is the order in which kinds are tried, the plainest first.
var guessOrder = []string{"klv", "cot", "4607", "tlog", "ts"}

// guessBytes is how much of a file is looked at to guess what it is.
const guessBytes = 4096

// Run reads and writes.
func (c decodeCmd) Run(ctx context.Context, std std) (err error) {
	in := std.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%v", err)
		}
		defer f.Close() //nolint:errcheck // it is only read
		in = f
	}
	r := bufio.NewReaderSize(in, 1<<18)
	kind, err := c.kind(r)
	if err != nil {
		return err
	}
	out := std.out
	if c.Out != "" {
		f, err := os.Create(c.Out)
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "%v", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := &lines{ctx: ctx, w: bufio.NewWriterSize(out, 1<<16)}
	told, err := decodings[kind].run(r, w)
	if err = errors.Join(err, w.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.err, told)
	return err
}

func (c decodeCmd) kind(r *bufio.Reader) (string, error) {
	if c.Type != "" {
		return c.Type, nil
	}
	head, err := r.Peek(guessBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", vigia.Errorf(vigia.Invalid, "%s cannot be read: %v", c.File, err)
	}
	for _, name := range guessOrder {
		if decodings[name].is(head) {
			return name, nil
		}
	}
	return "", vigia.Errorf(vigia.Invalid, "%s begins like none of the formats that are read; name it with --type", c.File)
}

// lines writes objects, one a line. It keeps the first error.
type lines struct {
	ctx context.Context
	w   *bufio.Writer
	buf []byte
	err error
}

// object writes one object.
func (l *lines) object(f misb.Fields) {
	l.buf = misb.AppendJSON(l.buf[:0], f)
	l.raw(l.buf)
}

// raw writes one object that is JSON already.
func (l *lines) raw(b []byte) {
	if l.err == nil {
		l.err = l.ctx.Err()
	}
	if l.err == nil {
		_, l.err = l.w.Write(b)
	}
	if l.err == nil {
		l.err = l.w.WriteByte('\n')
	}
}

func (l *lines) close() error {
	return errors.Join(l.err, l.w.Flush())
}

// tally counts KLV packets by what their checksums said.
type tally struct{ packets, bad, missing int }

func (t *tally) add(m misb.Message) {
	t.packets++
	switch m.Checksum {
	case misb.Bad:
		t.bad++
	case misb.Missing:
		t.missing++
	}
}

func (t tally) String() string {
	return fmt.Sprintf("%d packets, %d with a bad checksum, %d without one", t.packets, t.bad, t.missing)
}

// klvObject reads one packet and puts what is known of its place before it.
func klvObject(place misb.Fields, packet []byte, t *tally) misb.Fields {
	m, err := misb.Decode(packet)
	if err != nil {
		return append(place, misb.Field{Name: "error", Value: err.Error()}, misb.Field{Name: "hex", Value: misb.Bytes(packet)})
	}
	t.add(m)
	return append(place, m.Fields()...)
}

// pump copies a file to a function in pieces.
func pump(r io.Reader, w *lines, each func([]byte)) error {
	buf := make([]byte, 188*1024)
	for w.err == nil {
		n, err := r.Read(buf)
		each(buf[:n])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return vigia.Errorf(vigia.Invalid, "the file cannot be read: %v", err)
		}
	}
	return nil
}

func decodeKLV(r io.Reader, w *lines) (string, error) {
	var s misb.Splitter
	var t tally
	each := func(packet []byte, offset int64) {
		w.object(klvObject(misb.Fields{{Name: "offset", Value: uint64(offset)}}, packet, &t))
	}
	err := pump(r, w, func(b []byte) { s.Push(b, each) })
	s.Flush(each)
	told := t.String()
	if s.Skipped > 0 {
		told += fmt.Sprintf("; %d bytes belong to no packet", s.Skipped)
	}
	return told, err
}

func decodeTS(r io.Reader, w *lines) (string, error) {
	var t tally
	collector := misb.Collector{Each: func(f misb.Found) {
		u := f.Unit
		place := misb.Fields{
			{Name: "program", Value: uint64(u.Program)}, {Name: "pid", Value: uint64(u.PID)},
			{Name: "offset", Value: uint64(u.Offset)}, {Name: "pts_s", Value: nil},
		}
		if u.HasPTS {
			place[3].Value = u.Seconds()
		}
		w.object(klvObject(place, f.Packet, &t))
	}}
	d := mpegts.NewDemuxer(mpegts.Options{Want: misb.Carries, Unit: collector.Unit})
	err := pump(r, w, func(b []byte) { _, _ = d.Write(b) }) // it fails after Close only
	if e := d.Close(); err == nil {
		err = e
	}
	told := t.String()
	s, k := d.Stats(), collector.Stats()
	told += fmt.Sprintf("; %d transport packets", s.Packets)
	for _, c := range []struct {
		n    uint64
		what string
	}{
		{s.Lost, "gaps"}, {s.Errors, "damaged packets"}, {s.Scrambled, "encrypted packets"},
		{s.BadTables, "damaged tables"}, {s.Unreadable, "unreadable headers"}, {s.Oversized, "units too long"},
		{s.Unmapped, "packets before their table"}, {s.Skipped, "bytes out of step"},
		{k.Lost, "cells missing"}, {k.Skipped, "bytes of private data that are no KLV"},
	} {
		if c.n > 0 {
			told += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	return told, err
}
