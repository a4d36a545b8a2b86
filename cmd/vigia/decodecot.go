package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/wire/cot"
	"github.com/vigia-project/vigia/wire/gmti"
	"github.com/vigia-project/vigia/wire/misb"
)

func decode4607(r io.Reader, w *lines) (string, error) {
	var s gmti.Splitter
	packets, segments, odd := 0, 0, 0
	each := func(b []byte, offset int64) {
		packets++
		f := misb.Fields{{Name: "offset", Value: uint64(offset)}, {Name: "standard", Value: "STANAG 4607"}, {Name: "length", Value: uint64(len(b))}}
		p, err := gmti.Decode(b)
		if err != nil {
			odd++
			w.object(append(f, misb.Field{Name: "error", Value: err.Error()}, misb.Field{Name: "hex", Value: misb.Bytes(b)}))
			return
		}
		list := misb.List{}
		for _, one := range p.Segments {
			segments++
			if raw, ok := one.(*gmti.Raw); ok && raw.Why != "" {
				odd++
			}
			list = append(list, append(misb.Fields{{Name: "segment_type", Value: misb.Enum{Integer: uint64(one.Kind()), Name: one.Kind().String()}}}, fields4607(gmti.Fields(one))...))
		}
		w.object(append(append(f, fields4607(p.Header.Fields())...), misb.Field{Name: "segments", Value: list}))
	}
	err := pump(r, w, func(b []byte) { s.Push(b, each) })
	s.Flush(each)
	return fmt.Sprintf("%d packets, %d segments, %d unreadable; %d bytes belong to no packet", packets, segments, odd, s.Skipped), err
}

// fields4607 makes values of one room those of the writer's.
func fields4607(in []gmti.Field) misb.Fields {
	out := make(misb.Fields, 0, len(in))
	for _, f := range in {
		v := misb.Value(f.Value)
		switch x := f.Value.(type) {
		case []byte:
			v = misb.Bytes(x)
		case [][]gmti.Field:
			list := misb.List{}
			for _, one := range x {
				list = append(list, fields4607(one))
			}
			v = list
		}
		out = append(out, misb.Field{Name: f.Name, Value: v})
	}
	return out
}

// isCoT tells whether a file begins like events.
func isCoT(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(head, []byte("<?xml")) || bytes.HasPrefix(head, []byte("<event")) || bytes.HasPrefix(head, []byte("<!--")) || bytes.HasPrefix(head, []byte{0xbf})
}

func decodeCoT(r io.Reader, w *lines) (string, error) {
	events := cot.NewReader(r)
	n, bad := 0, 0
	for w.err == nil {
		e, raw, err := events.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			bad++
			w.object(misb.Fields{{Name: "standard", Value: "Cursor-on-Target"}, {Name: "error", Value: vigia.ErrorMessage(err)}, {Name: "hex", Value: misb.Bytes(raw)}})
			if vigia.ErrorCode(err) != vigia.Invalid {
				return "", err
			}
			continue
		}
		n++
		parts, _ := e.Parts() // of one that cannot be read there are none; it is there as it came
		b, err := json.Marshal(struct {
			cot.Event
			Parts cot.Parts `json:"parts"` // of the detail, that are known
		}{e, parts})
		if err != nil {
			return "", err
		}
		w.raw(append([]byte(`{"standard":"Cursor-on-Target",`), b[1:]...))
	}
	return fmt.Sprintf("%d events, %d unreadable", n, bad), nil
}
