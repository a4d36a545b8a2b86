package mavlink

import (
	"math"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/bluenviron/gomavlib/v3/pkg/dialects/common"
	"github.com/bluenviron/gomavlib/v3/pkg/message"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/geo"
)

// An Item is one step of a mission.
type Item struct {
	Command common.MAV_CMD // one of Flying
	Params  [4]float32     // param1 to param4 of the command
	Place   geo.Point      // Alt: metres above where the aircraft took off
}

// Waypoint is a place to fly to.
func Waypoint(p geo.Point) Item {
	return Item{Command: common.MAV_CMD_NAV_WAYPOINT, Params: [4]float32{0, 0, 0, float32(math.NaN())}, Place: p}
}

// A Step is where an upload stands.
type Step int

// The steps, in order.
const (
	Sending   Step = iota // the aircraft asks for the items
	Verifying             // they are read back
	Verified              // what the aircraft holds is what was sent
	Failed                // Err says why
)

// maxItems bounds a mission.
const maxItems = 2000

// An Upload brings a mission to an aircraft and reads it back (mavlink.io/en/
// services/mission.html). It is a state machine: give it what the aircraft
// says, send what it answers. When nothing comes for a while, send Repeat.
type Upload struct {
	System, Component uint8 // of the aircraft

	items []*ardupilotmega.MessageMissionItemInt
	step  Step
	next  uint16 // to be read back
	last  message.Message
	err   error
}

// NewUpload checks a mission. The error is Forbidden for a command that may not
// be in one, and Invalid for a place that is none.
func NewUpload(system, component uint8, mission []Item) (*Upload, error) {
	if len(mission) == 0 || len(mission) > maxItems {
		return nil, vigia.Errorf(vigia.Invalid, "a mission of %d items; 1 to %d are sent", len(mission), maxItems)
	}
	u := &Upload{System: system, Component: component}
	for i, it := range mission {
		if err := it.Place.Valid(); err != nil {
			return nil, vigia.Errorf(vigia.Invalid, "item %d: %v", i, err)
		}
		m := &ardupilotmega.MessageMissionItemInt{
			TargetSystem: system, TargetComponent: component, Seq: uint16(i),
			Frame: common.MAV_FRAME_GLOBAL_RELATIVE_ALT_INT, Command: it.Command, Autocontinue: 1,
			Param1: it.Params[0], Param2: it.Params[1], Param3: it.Params[2], Param4: it.Params[3],
			X: int32(math.Round(it.Place.Lat * 1e7)), Y: int32(math.Round(it.Place.Lon * 1e7)), Z: float32(it.Place.Alt),
		}
		if err := may(m); err != nil {
			return nil, err
		}
		u.items = append(u.items, m)
	}
	u.last = &ardupilotmega.MessageMissionCount{TargetSystem: system, TargetComponent: component, Count: uint16(len(u.items))}
	return u, nil
}

// Step tells where the upload stands, and why where it failed.
func (u *Upload) Step() (Step, error) { return u.step, u.err }

// Repeat is what to send first, and again when no answer came.
func (u *Upload) Repeat() message.Message { return u.last }

// Apply takes what the aircraft said and returns what to send, or nil.
func (u *Upload) Apply(f Frame) message.Message {
	if f.System != u.System || u.Component != 0 && f.Component != u.Component || u.step >= Verified {
		return nil
	}
	answer := u.apply(f.Message)
	if answer != nil {
		u.last = answer
	}
	return answer
}

func (u *Upload) apply(m message.Message) message.Message {
	switch m := m.(type) {
	case *ardupilotmega.MessageMissionRequestInt:
		return u.item(m.Seq, m.MissionType)
	case *ardupilotmega.MessageMissionRequest: // of older aircraft; the answer is the same
		return u.item(m.Seq, m.MissionType)
	case *ardupilotmega.MessageMissionAck:
		if u.step != Sending || m.MissionType != common.MAV_MISSION_TYPE_MISSION {
			return nil
		}
		if m.Type != common.MAV_MISSION_ACCEPTED {
			return u.fail("the aircraft refused the mission: %v", m.Type)
		}
		u.step = Verifying
		return &ardupilotmega.MessageMissionRequestList{TargetSystem: u.System, TargetComponent: u.Component}
	case *ardupilotmega.MessageMissionCount:
		if u.step != Verifying {
			return nil
		}
		if int(m.Count) != len(u.items) {
			return u.fail("the aircraft holds %d items, and %d were sent", m.Count, len(u.items))
		}
		return u.ask()
	case *ardupilotmega.MessageMissionItemInt:
		if u.step != Verifying || m.Seq != u.next {
			return nil
		}
		if !sameItem(u.items[m.Seq], m) {
			return u.fail("the aircraft holds another item %d than was sent", m.Seq)
		}
		if u.next++; int(u.next) < len(u.items) {
			return u.ask()
		}
		u.step = Verified
		return &ardupilotmega.MessageMissionAck{TargetSystem: u.System, TargetComponent: u.Component, Type: common.MAV_MISSION_ACCEPTED}
	}
	return nil
}

// item answers a request for one.
func (u *Upload) item(seq uint16, kind common.MAV_MISSION_TYPE) message.Message {
	if u.step != Sending || kind != common.MAV_MISSION_TYPE_MISSION || int(seq) >= len(u.items) {
		return nil
	}
	return u.items[seq]
}

func (u *Upload) ask() message.Message {
	return &ardupilotmega.MessageMissionRequestInt{TargetSystem: u.System, TargetComponent: u.Component, Seq: u.next}
}

func (u *Upload) fail(format string, args ...any) message.Message {
	u.step, u.err = Failed, vigia.Errorf(vigia.Conflict, format, args...)
	return nil
}

// sameItem compares what matters of two items. Aircraft set Current and may
// store places and numbers a little rounded.
func sameItem(a, b *ardupilotmega.MessageMissionItemInt) bool {
	near := func(x, y float32) bool {
		nx, ny := math.IsNaN(float64(x)), math.IsNaN(float64(y))
		return nx && (ny || y == 0) || math.Abs(float64(x-y)) <= 0.01
	}
	return a.Command == b.Command && a.Frame == b.Frame && abs(a.X-b.X) <= 1 && abs(a.Y-b.Y) <= 1 && near(a.Z, b.Z) &&
		near(a.Param1, b.Param1) && near(a.Param2, b.Param2) && near(a.Param3, b.Param3) && near(a.Param4, b.Param4)
}

func abs(n int32) int32 { return max(n, -n) }

// Start is the command that starts a verified mission. The error is Conflict:
// the mission is not verified, or the pilot has not armed the aircraft; some
// autopilots would arm it by themselves on this command, so it is not sent.
func (u *Upload) Start(t *Telemetry) (message.Message, error) {
	switch {
	case u.step != Verified:
		return nil, vigia.Errorf(vigia.Conflict, "the mission was not read back from the aircraft")
	case t == nil || t.System != u.System || !t.Armed:
		return nil, vigia.Errorf(vigia.Conflict, "the aircraft is not armed; its pilot does that")
	}
	return &ardupilotmega.MessageCommandLong{
		TargetSystem: u.System, TargetComponent: u.Component, Command: common.MAV_CMD_MISSION_START,
		Param2: float32(len(u.items) - 1),
	}, nil
}
