package mavlink

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/bluenviron/gomavlib/v3/pkg/dialects/common"
	"github.com/bluenviron/gomavlib/v3/pkg/frame"
	"github.com/bluenviron/gomavlib/v3/pkg/message"
	"pgregory.net/rapid"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// said is a frame as an aircraft sends it: any message, by gomavlib's writer.
func said(t testing.TB, version frame.WriterOutVersion, m message.Message) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := frame.NewWriter(frame.WriterConf{Writer: &b, DialectRW: messages(), OutVersion: version, OutSystemID: 1, OutComponentID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteMessage(m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, b []byte) Frame {
	t.Helper()
	f, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What an aircraft says becomes its state, in both versions of MAVLink.
func TestTelemetry(t *testing.T) {
	half := float32(math.Sqrt(0.5))
	for _, version := range []frame.WriterOutVersion{frame.V1, frame.V2} {
		a := Telemetry{System: 1}
		for _, m := range []message.Message{
			&ardupilotmega.MessageHeartbeat{Autopilot: common.MAV_AUTOPILOT_PX4, BaseMode: common.MAV_MODE_FLAG_SAFETY_ARMED},
			&ardupilotmega.MessageGlobalPositionInt{Lat: 194326000, Lon: -991332000, Alt: 2300500, RelativeAlt: 60000, Vx: 300, Vy: -400, Vz: -50, Hdg: 27150},
			&ardupilotmega.MessageAttitude{Roll: 0.1, Pitch: -0.2, Yaw: math.Pi / 2},
			&ardupilotmega.MessageBatteryStatus{BatteryRemaining: 77},
			&ardupilotmega.MessageWindCov{WindX: 0, WindY: -5}, // blows to the west, so from the east
		} {
			if !a.Apply(noon, read(t, said(t, version, m))) {
				t.Errorf("%T says nothing", m)
			}
		}
		if !a.Armed || a.Position != (geo.Point{Lat: 19.4326, Lon: -99.1332, Alt: 2300.5}) || a.AboveHomeM != 60 || a.Velocity != [3]float64{3, -4, -0.5} || a.HeadingDeg != 271.5 {
			t.Errorf("%+v", a)
		}
		if math.Abs(a.YawDeg-90) > 1e-5 || a.BatteryPercent != 77 || a.WindSpeed != 5 || math.Abs(a.WindFromDeg-90) > 1e-9 {
			t.Errorf("%+v", a)
		}
		if !a.WindAt.Equal(noon) {
			t.Errorf("the wind was read at %v", a.WindAt)
		}
		if version == frame.V2 { // messages above 255 are MAVLink 2's alone
			a.Apply(noon, read(t, said(t, version, &ardupilotmega.MessageGimbalDeviceAttitudeStatus{Q: [4]float32{half, 0, -half, 0}})))
			a.Apply(noon, read(t, said(t, version, &ardupilotmega.MessageCameraSettings{Zoomlevel: 40})))
			if a.Zoom != 40 || math.Abs(a.Gimbal[1]+90) > 0.1 || a.GimbalEarth {
				t.Errorf("the camera looks %v, zoom %v", a.Gimbal, a.Zoom)
			}
		}
		other := Telemetry{System: 2}
		if other.Apply(noon, read(t, said(t, version, &ardupilotmega.MessageHeartbeat{Autopilot: 3}))) {
			t.Error("another aircraft's words are taken")
		}
	}
}

// The closed lists: exactly these, whatever the definitions offer.
func TestWriter_ClosedLists(t *testing.T) {
	want := []string{"HEARTBEAT", "MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_ACK", "COMMAND_LONG"}
	if !slices.Equal(Leaving(), want) {
		t.Fatalf("the list of messages that may leave is %v", Leaving())
	}
	if names := fmt.Sprint(Flying(), commanding); strings.ContainsAny(names, "?") || !slices.Equal(commanding[:], []common.MAV_CMD{common.MAV_CMD_MISSION_START}) {
		t.Fatalf("the commands are %v", names)
	}
	for _, c := range Flying() {
		for _, word := range []string{"ARM", "SERVO", "RELAY", "GRIPPER", "WINCH", "PAYLOAD", "PARACHUTE", "SPRAY", "TERMINAT", "PARAM"} {
			if strings.Contains(c.String(), word) {
				t.Errorf("%v may be in a mission", c)
			}
		}
	}
	w := Writer{System: 255, Component: 190}
	sent := 0
	for _, m := range ardupilotmega.Dialect.Messages {
		_, err := w.Append(nil, noon, m)
		allowed := slices.Contains(want, nameOf(m))
		switch {
		case nameOf(m) == "COMMAND_LONG" || nameOf(m) == "MISSION_ITEM_INT": // empty ones command nothing that is in a list
			allowed = false
		}
		if (err == nil) != allowed || err != nil && vigia.ErrorCode(err) != vigia.Forbidden {
			t.Errorf("%s: %v", nameOf(m), err)
		}
		sent++
	}
	if sent < 200 {
		t.Errorf("only %d messages were tried", sent)
	}
	// Every number that a command can have.
	passed := 0
	for n := range 1 << 16 {
		c := common.MAV_CMD(n)
		if may(&ardupilotmega.MessageCommandLong{Command: c}) == nil {
			passed++
			if c != common.MAV_CMD_MISSION_START {
				t.Errorf("the command %v may be sent", c)
			}
		}
		if (may(&ardupilotmega.MessageMissionItemInt{Command: c}) == nil) != slices.Contains(Flying(), c) {
			t.Errorf("the command %v in a mission", c)
		}
	}
	if passed != 1 {
		t.Errorf("%d commands may be sent, not 1", passed)
	}
	for _, c := range []common.MAV_CMD{
		common.MAV_CMD_COMPONENT_ARM_DISARM, common.MAV_CMD_DO_SET_SERVO, common.MAV_CMD_DO_GRIPPER,
		common.MAV_CMD_DO_WINCH, common.MAV_CMD_NAV_PAYLOAD_PLACE, common.MAV_CMD_DO_PARACHUTE, common.MAV_CMD_PAYLOAD_PREPARE_DEPLOY,
	} {
		if _, err := NewUpload(1, 1, []Item{{Command: c}}); vigia.ErrorCode(err) != vigia.Forbidden {
			t.Errorf("a mission with %v: %v", c, err)
		}
	}
}

// A flyer is an aircraft that takes a mission as ArduPilot and PX4 do.
type flyer struct {
	items   []*ardupilotmega.MessageMissionItemInt
	want    int
	refuse  bool
	distort bool
}

func (a *flyer) answer(m message.Message) message.Message {
	switch m := m.(type) {
	case *ardupilotmega.MessageMissionCount:
		a.items, a.want = nil, int(m.Count)
		return &ardupilotmega.MessageMissionRequestInt{Seq: 0}
	case *ardupilotmega.MessageMissionItemInt:
		if int(m.Seq) == len(a.items) {
			a.items = append(a.items, m)
		}
		switch {
		case a.refuse:
			return &ardupilotmega.MessageMissionAck{Type: common.MAV_MISSION_NO_SPACE}
		case len(a.items) == a.want:
			return &ardupilotmega.MessageMissionAck{}
		}
		return &ardupilotmega.MessageMissionRequestInt{Seq: uint16(len(a.items))}
	case *ardupilotmega.MessageMissionRequestList:
		return &ardupilotmega.MessageMissionCount{Count: uint16(len(a.items))}
	case *ardupilotmega.MessageMissionRequestInt:
		it := *a.items[m.Seq]
		if a.distort {
			it.X += 1000
		}
		return &it
	}
	return nil
}

func mission(n int) (items []Item) {
	for i := range n {
		items = append(items, Waypoint(geo.Point{Lat: 19.4 + float64(i)/1000, Lon: -99.1, Alt: 60}))
	}
	return items
}

// fly carries an upload on a link that loses some of what is said.
func fly(t testing.TB, u *Upload, a *flyer, lost func() bool) {
	t.Helper()
	w := Writer{System: 255, Component: 190}
	send := u.Repeat()
	for range 10000 {
		if step, _ := u.Step(); step >= Verified {
			return
		}
		if send == nil {
			send = u.Repeat()
		}
		b, err := w.Append(nil, noon, send)
		if err != nil {
			t.Fatal(err)
		}
		send = nil
		if lost() {
			continue
		}
		answer := a.answer(read(t, b).Message)
		if answer != nil && !lost() {
			send = u.Apply(read(t, said(t, frame.V2, answer)))
		}
	}
}

// However often words are lost, the mission that the aircraft holds is the one
// that was sent, or the upload says why not.
func TestUpload(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		u, err := NewUpload(1, 1, mission(rapid.IntRange(1, 30).Draw(rt, "items")))
		if err != nil {
			rt.Fatal(err)
		}
		loss := rapid.IntRange(0, 5).Draw(rt, "loss")
		a := &flyer{}
		fly(t, u, a, func() bool { return rapid.IntRange(0, 9).Draw(rt, "lost") < loss })
		if step, err := u.Step(); step != Verified || err != nil || len(a.items) != len(u.items) {
			rt.Errorf("step %d, %v; the aircraft holds %d of %d items", step, err, len(a.items), len(u.items))
		}
	})
}

func TestUpload_Refusals(t *testing.T) {
	never := func() bool { return false }
	for want, a := range map[string]*flyer{
		"the aircraft refused the mission: MAV_MISSION_NO_SPACE": {refuse: true},
		"the aircraft holds another item 0 than was sent":        {distort: true},
	} {
		u, err := NewUpload(1, 1, mission(3))
		if err != nil {
			t.Fatal(err)
		}
		fly(t, u, a, never)
		if step, err := u.Step(); step != Failed || err == nil || err.Error() != want {
			t.Errorf("step %d, %v; not %q", step, err, want)
		}
		if _, err := u.Start(&Telemetry{System: 1, Armed: true}); vigia.ErrorCode(err) != vigia.Conflict {
			t.Errorf("a mission that failed is started: %v", err)
		}
	}
	u, err := NewUpload(1, 1, mission(3))
	if err != nil {
		t.Fatal(err)
	}
	fly(t, u, &flyer{}, never)
	for name, a := range map[string]*Telemetry{"nobody": nil, "not armed": {System: 1}, "another": {System: 2, Armed: true}} {
		if _, err := u.Start(a); vigia.ErrorCode(err) != vigia.Conflict {
			t.Errorf("%s: started, %v", name, err)
		}
	}
	m, err := u.Start(&Telemetry{System: 1, Armed: true})
	if c, ok := m.(*ardupilotmega.MessageCommandLong); err != nil || !ok || c.Command != common.MAV_CMD_MISSION_START || may(m) != nil {
		t.Errorf("%+v, %v", m, err)
	}
	for name, items := range map[string][]Item{"nothing": nil, "no place": {Waypoint(geo.Point{Lat: 91})}} {
		if _, err := NewUpload(1, 1, items); vigia.ErrorCode(err) != vigia.Invalid {
			t.Errorf("a mission of %s: %v", name, err)
		}
	}
}

// Signed frames are trusted once, by their key.
func TestGuard(t *testing.T) {
	key := Key{1, 2, 3}
	w := Writer{System: 1, Component: 1, Key: &key}
	one := func(at time.Time) Frame {
		b, err := w.Append(nil, at, &ardupilotmega.MessageHeartbeat{})
		if err != nil {
			t.Fatal(err)
		}
		return read(t, b)
	}
	first, second := one(noon), one(noon) // the same time: the second still counts on
	old := one(noon.Add(-time.Hour))
	g := Guard{Key: key}
	for _, c := range []struct {
		name string
		f    Frame
		g    *Guard
		ok   bool
	}{
		{"the first", first, &g, true}, {"again", first, &g, false}, {"the second", second, &g, true}, {"the first again", first, &g, false},
		{"another key", one(noon), &Guard{Key: Key{9}}, false}, {"unsigned", read(t, said(t, frame.V2, &ardupilotmega.MessageHeartbeat{})), &g, false},
		{"version 1", read(t, said(t, frame.V1, &ardupilotmega.MessageHeartbeat{})), &g, false}, {"counting on", old, &g, true},
	} {
		if err := c.g.Check(c.f, noon); (err == nil) != c.ok || err != nil && vigia.ErrorCode(err) != vigia.Unauthenticated {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := (&Guard{Key: key}).Check(first, noon.Add(2*time.Minute)); err == nil {
		t.Error("a frame signed two minutes ago is taken on a link that was not heard before")
	}
}

// A log reads as it was written, noise between its records or not.
func TestTlog_RoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var log []byte
		n := rapid.IntRange(0, 10).Draw(rt, "records")
		noise := 0
		for i := range n {
			junk := rapid.SliceOfN(rapid.ByteRange(0, 0xfc), 0, 20).Draw(rt, "noise")
			noise += len(junk)
			log = append(log, junk...)
			log = AppendRecord(log, noon.Add(time.Duration(i)*time.Second), said(t, frame.V2, &ardupilotmega.MessageAttitude{TimeBootMs: uint32(i + 1), Roll: 1}))
		}
		var l Tlog
		seen := 0
		each := func(r Record) {
			m, ok := r.Frame.Message.(*ardupilotmega.MessageAttitude)
			if !ok || m.TimeBootMs != uint32(seen+1) || !r.Time.Equal(noon.Add(time.Duration(seen)*time.Second)) {
				rt.Errorf("record %d: %v %+v", seen, r.Time, r.Frame)
			}
			seen++
		}
		for rest := log; len(rest) > 0; {
			cut := rapid.IntRange(1, len(rest)).Draw(rt, "cut")
			l.Push(rest[:cut], each)
			rest = rest[cut:]
		}
		l.Flush()
		if seen != n || l.Skipped != int64(noise) {
			rt.Errorf("%d of %d records; %d bytes passed over, not %d", seen, n, l.Skipped, noise)
		}
	})
}

// Names and values are MAVLink's own.
func TestFrame_Fields(t *testing.T) {
	f := read(t, said(t, frame.V2, &ardupilotmega.MessageGlobalPositionInt{TimeBootMs: 5, Lat: -1, Hdg: 65535}))
	got := fmt.Sprint(f.Name, f.Fields())
	if want := "GLOBAL_POSITION_INT[{time_boot_ms 5} {lat -1} {lon 0} {alt 0} {relative_alt 0} {vx 0} {vy 0} {vz 0} {hdg 65535}]"; got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
	if got := fmt.Sprint(read(t, said(t, frame.V2, &ardupilotmega.MessageStatustext{Text: "hello"})).Fields()); !strings.Contains(got, "{text hello}") {
		t.Errorf("%s", got)
	}
}

// FuzzDecode: whatever comes in, it ends, and every byte is a frame's or counted.
func FuzzDecode(f *testing.F) {
	f.Add(said(f, frame.V1, &ardupilotmega.MessageAttitude{}))
	f.Add(AppendRecord(nil, noon, said(f, frame.V2, &ardupilotmega.MessageStatustext{Text: "x"})))
	key := Key{1}
	signed, err := (&Writer{System: 1, Key: &key}).Append(nil, noon, &ardupilotmega.MessageHeartbeat{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Fuzz(func(t *testing.T, b []byte) {
		a := Telemetry{System: 1}
		var g Guard
		n := 0
		each := func(fr Frame) {
			n += len(fr.Payload)
			a.Apply(noon, fr)
			fr.Fields()
			_ = g.Check(fr, noon)
		}
		var s Splitter
		s.Push(b, each)
		if n+int(s.Skipped) > len(b) {
			t.Fatalf("%d bytes of payload and %d passed over, of %d", n, s.Skipped, len(b))
		}
		var l Tlog
		l.Push(b, func(r Record) { each(r.Frame) })
		l.Flush()
	})
}
