package mpegts

// payload adds a packet's payload to the unit under way on its PID.
func (d *Demuxer) payload(p *pid, b []byte, start bool) {
	e := &p.pes
	if start {
		d.flush(p, e.need > 0)
		*e = pes{open: true, buf: e.buf[:0], offset: d.offset}
	}
	if !e.open {
		return // its start was lost; that was counted where it happened
	}
	if e.need > 0 && len(e.buf)+len(b) > e.need {
		b = b[:e.need-len(e.buf)] // stuffing after the PES packet
	}
	if len(e.buf)+len(b) > d.opt.UnitLimit {
		d.stats.Oversized++
		*e = pes{buf: e.buf[:0]}
		return
	}
	e.buf = append(e.buf, b...)
	if e.need == 0 && len(e.buf) >= 6 {
		if n := int(e.buf[4])<<8 | int(e.buf[5]); n > 0 {
			e.need = 6 + n
			if len(e.buf) > e.need {
				e.buf = e.buf[:e.need]
			}
		}
	}
	if e.need > 0 && len(e.buf) == e.need {
		d.flush(p, false)
	}
}

// flush delivers the unit under way, if any.
func (d *Demuxer) flush(p *pid, broken bool) {
	e := &p.pes
	if !e.open {
		return
	}
	u, ok := d.unit(p, e)
	e.open = false
	if !ok {
		d.stats.Unreadable++
		return
	}
	u.Broken = broken || e.broken
	d.stats.Units++
	if u.Broken {
		d.stats.Broken++
	}
	if d.opt.Unit != nil {
		d.opt.Unit(u)
	}
}

// hasHeader tells whether PES packets of an id have the optional header
// (§2.4.3.6).
func hasHeader(id uint8) bool {
	switch id {
	case 0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff:
		return false
	}
	return true
}

// unit reads a PES packet's header (§2.4.3.6).
func (d *Demuxer) unit(p *pid, e *pes) (Unit, bool) {
	b := e.buf
	if len(b) < 6 || b[0] != 0 || b[1] != 0 || b[2] != 1 {
		return Unit{}, false
	}
	u := Unit{Stream: *p.stream, ID: b[3], Offset: e.offset}
	if !hasHeader(u.ID) {
		u.Data = b[6:]
		return u, true
	}
	if len(b) < 9 || b[6]&0xc0 != 0x80 || 9+int(b[8]) > len(b) {
		return Unit{}, false
	}
	u.Aligned = b[6]&0x04 != 0
	if header := b[9 : 9+int(b[8])]; b[7]&0x80 != 0 && len(header) >= 5 {
		u.HasPTS = true
		raw := int64(header[0]>>1&7)<<30 | int64(header[1])<<22 | int64(header[2]>>1)<<15 | int64(header[3])<<7 | int64(header[4]>>1)
		g := p.program
		g.clock, g.clocked = unwrap(g.clock, g.clocked, raw), true
		u.PTS = g.clock
	}
	u.Data = b[9+int(b[8]):]
	return u, true
}
