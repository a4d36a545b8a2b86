package mpegts

import "slices"

// The ids of the tables that are followed (§2.4.4.5, Table 2-31).
const (
	tablePAT = 0x00
	tablePMT = 0x02
)

// section takes one section of a table.
func (d *Demuxer) section(p *pid, b []byte) {
	if b[0] != tablePAT && b[0] != tablePMT {
		return
	}
	h, ok := parseSection(b)
	if !ok {
		d.stats.BadTables++
		return
	}
	switch {
	case !h.current: // announced for later
	case h.table == tablePAT && p.number == 0:
		d.association(h)
	case h.table == tablePMT && p.number != 0:
		d.programMap(p, h)
	}
}

// association follows the program association table (§2.4.4.3). A program that
// a new version leaves out has ended.
func (d *Demuxer) association(h sectionHeader) {
	if len(h.body)%4 != 0 {
		d.stats.BadTables++
		return
	}
	t := &d.pat
	if t.version != int(h.version) || t.seen == nil || t.last != h.last {
		*t = patState{version: int(h.version), last: h.last, seen: map[uint8]bool{}, entries: map[uint16]uint16{}}
	}
	if t.seen[h.section] || h.section > h.last {
		return
	}
	t.seen[h.section] = true
	for b := h.body; len(b) >= 4; b = b[4:] {
		number, table := uint16(b[0])<<8|uint16(b[1]), uint16(b[2]&0x1f)<<8|uint16(b[3])
		if number == 0 || table < 0x10 || table == 0x1fff { // the network's own table; reserved
			continue
		}
		if _, twice := t.entries[number]; !twice {
			t.order = append(t.order, number)
		}
		t.entries[number] = table
		d.begin(number, table)
	}
	if len(t.seen) <= int(t.last) {
		return
	}
	for number := range d.programs {
		if _, still := t.entries[number]; !still {
			d.end(number)
		}
	}
	d.order = slices.Clone(t.order)
}

// begin follows a program, on the PID of its table.
func (d *Demuxer) begin(number, table uint16) {
	g := d.programs[number]
	if g != nil && g.pmt == table {
		return
	}
	if g != nil {
		d.end(number)
	}
	d.programs[number] = &program{number: number, pmt: table, version: -1}
	if !slices.Contains(d.order, number) {
		d.order = append(d.order, number)
	}
	if q := d.pids[table]; q == nil || q.tables == nil {
		if q != nil {
			d.flush(q, q.pes.need > 0)
		}
		d.pids[table] = &pid{number: table, tables: &assembler{}}
	}
}

// end forgets a program and delivers what is under way on it.
func (d *Demuxer) end(number uint16) {
	g := d.programs[number]
	if g == nil {
		return
	}
	for _, s := range g.streams {
		d.drop(g, s.PID)
	}
	delete(d.programs, number)
	d.order = slices.DeleteFunc(slices.Clone(d.order), func(n uint16) bool { return n == number })
	for _, other := range d.programs {
		if other.pmt == g.pmt {
			return
		}
	}
	if q := d.pids[g.pmt]; q != nil && q.tables != nil {
		d.pids[g.pmt] = nil
	}
}

// drop delivers what is under way on a stream's PID and forgets it.
func (d *Demuxer) drop(g *program, number uint16) {
	if q := d.pids[number]; q != nil && q.tables == nil && q.program == g {
		d.flush(q, q.pes.need > 0)
		d.pids[number] = nil
	}
}

// programMap follows a program map table (§2.4.4.8).
func (d *Demuxer) programMap(p *pid, h sectionHeader) {
	g := d.programs[h.id]
	if g == nil || g.pmt != p.number || g.version == int(h.version) {
		return
	}
	streams, pcr, ok := parsePMT(h)
	if !ok {
		d.stats.BadTables++
		return
	}
	g.version = int(h.version)
	was := g.streams
	g.streams = streams
	for _, s := range was {
		if !slices.Contains(streams, s) {
			d.drop(g, s.PID)
		}
	}
	for _, s := range streams {
		d.follow(g, s)
	}
	if q := d.pids[pcr]; q == nil && pcr != 0x1fff && pcr >= 0x10 {
		d.pids[pcr] = &pid{number: pcr, program: g} // a clock on a PID of its own
	}
}

// follow opens a stream's PID. A PID that a table or another program holds
// stays theirs.
func (d *Demuxer) follow(g *program, s Stream) {
	if s.PID < 0x10 || s.PID == 0x1fff {
		return
	}
	q := d.pids[s.PID]
	if q != nil && (q.tables != nil || q.program != g) {
		return
	}
	if q == nil {
		q = &pid{number: s.PID, program: g}
		d.pids[s.PID] = q
	}
	q.stream = nil
	if d.opt.Want == nil || d.opt.Want(s) {
		q.stream = &s
	}
}
