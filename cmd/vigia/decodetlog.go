package main

import (
	"fmt"
	"io"
	"time"

	"github.com/vigia-project/vigia/wire/mavlink"
	"github.com/vigia-project/vigia/wire/misb"
)

func decodeTlog(r io.Reader, w *lines) (string, error) {
	var log mavlink.Tlog
	n, unknown := 0, 0
	each := func(rec mavlink.Record) {
		n++
		f := rec.Frame
		out := misb.Fields{
			{Name: "offset", Value: uint64(rec.Offset)}, {Name: "time", Value: rec.Time.Format(time.RFC3339Nano)},
			{Name: "standard", Value: fmt.Sprintf("MAVLink %d", f.Version)}, {Name: "system_id", Value: uint64(f.System)},
			{Name: "component_id", Value: uint64(f.Component)}, {Name: "sequence", Value: uint64(f.Sequence)},
			{Name: "signed", Value: f.Signed}, {Name: "message_id", Value: uint64(f.ID)},
		}
		if f.Message == nil {
			unknown++
			w.object(append(out, misb.Field{Name: "hex", Value: misb.Bytes(f.Payload)}))
			return
		}
		fields := misb.Fields{}
		for _, x := range f.Fields() {
			fields = append(fields, misb.Field{Name: x.Name, Value: mavValue(x.Value)})
		}
		w.object(append(out, misb.Field{Name: "message", Value: f.Name}, misb.Field{Name: "fields", Value: fields}))
	}
	err := pump(r, w, func(b []byte) { log.Push(b, each) })
	log.Flush()
	return fmt.Sprintf("%d messages, %d of them not known; %d bytes belong to no record", n, unknown, log.Skipped), err
}

// mavValue makes a value of one room the writer's.
func mavValue(v any) misb.Value {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	out := make(misb.List, len(list))
	for i, x := range list {
		out[i] = mavValue(x)
	}
	return out
}
