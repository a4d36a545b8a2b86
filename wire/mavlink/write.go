package mavlink

import (
	"bytes"
	"slices"
	"time"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"
	"github.com/bluenviron/gomavlib/v3/pkg/dialects/common"
	"github.com/bluenviron/gomavlib/v3/pkg/frame"
	"github.com/bluenviron/gomavlib/v3/pkg/message"

	"github.com/vigia-project/vigia"
)

// leaving is the closed list of messages that may be written. A test holds it.
var leaving = [...]string{
	"HEARTBEAT", "MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT", "MISSION_ACK", "COMMAND_LONG",
}

// flying is the closed list of commands that a mission may hold: where to fly,
// how fast, and where the camera looks.
var flying = [...]common.MAV_CMD{
	common.MAV_CMD_NAV_WAYPOINT, common.MAV_CMD_NAV_LOITER_TURNS, common.MAV_CMD_NAV_LOITER_TIME,
	common.MAV_CMD_NAV_RETURN_TO_LAUNCH, common.MAV_CMD_NAV_LAND, common.MAV_CMD_NAV_TAKEOFF,
	common.MAV_CMD_DO_CHANGE_SPEED, common.MAV_CMD_DO_SET_ROI_LOCATION, common.MAV_CMD_DO_SET_ROI_NONE,
}

// commanding is the closed list of commands that may be sent at once: a mission
// that was uploaded is started. Arming, servos, relays, grippers, winches and
// releases are not in it, and never will be.
var commanding = [...]common.MAV_CMD{common.MAV_CMD_MISSION_START}

// Leaving returns the names of the messages that may be written.
func Leaving() []string { return slices.Clone(leaving[:]) }

// Flying returns the commands that a mission may hold.
func Flying() []common.MAV_CMD { return slices.Clone(flying[:]) }

// may tells why a message may not be written, or nil. The error is Forbidden.
func may(m message.Message) error {
	if m == nil {
		return vigia.Errorf(vigia.Invalid, "there is no message")
	}
	if name := nameOf(m); !slices.Contains(leaving[:], name) {
		return vigia.Errorf(vigia.Forbidden, "a message %s may not be sent", name)
	}
	switch m := m.(type) {
	case *ardupilotmega.MessageCommandLong:
		if !slices.Contains(commanding[:], m.Command) {
			return vigia.Errorf(vigia.Forbidden, "the command %v may not be sent", m.Command)
		}
	case *ardupilotmega.MessageMissionItemInt:
		if !slices.Contains(flying[:], m.Command) {
			return vigia.Errorf(vigia.Forbidden, "the command %v may not be in a mission", m.Command)
		}
	}
	return nil
}

// Heartbeat is the sign of life of a ground station, once a second.
func Heartbeat() message.Message {
	return &ardupilotmega.MessageHeartbeat{Type: common.MAV_TYPE_GCS, Autopilot: common.MAV_AUTOPILOT_INVALID, MavlinkVersion: 3}
}

// A Key signs frames (mavlink.io/en/guide/message_signing.html).
type Key [32]byte

// A Writer makes MAVLink 2 frames of messages that may leave.
type Writer struct {
	System, Component uint8
	Key               *Key // nil: frames are not signed
	Link              uint8

	sequence uint8
	last     uint64 // time of the last signature
}

// Append writes a frame after dst; at is the time for its signature. The error
// is Forbidden for a message that may not leave.
func (w *Writer) Append(dst []byte, at time.Time, m message.Message) ([]byte, error) {
	if err := may(m); err != nil {
		return dst, err
	}
	rw := messages().GetMessage(m.GetID())
	raw := rw.Write(m, true)
	f := &frame.V2Frame{SequenceNumber: w.sequence, SystemID: w.System, ComponentID: w.Component, Message: raw}
	if w.Key != nil {
		f.IncompatibilityFlag = flagSigned
	}
	f.Checksum = f.GenerateChecksum(rw.CRCExtra())
	if w.Key != nil {
		// Times of a link go up with every frame, however coarse the clock.
		w.last = max(w.last+1, signatureTime(at))
		f.SignatureLinkID, f.SignatureTimestamp = w.Link, w.last
		f.Signature = f.GenerateSignature((*frame.V2Key)(w.Key))
	}
	w.sequence++
	var b bytes.Buffer
	out, err := frame.NewWriter(frame.WriterConf{Writer: &b, DialectRW: messages(), OutVersion: frame.V2, OutSystemID: max(w.System, 1)})
	if err == nil {
		err = out.WriteFrame(f)
	}
	if err != nil {
		return dst, vigia.Errorf(vigia.Internal, "the message cannot be written: %v", err)
	}
	return append(dst, b.Bytes()...), nil
}

// signatureTime counts 10 µs since 1 January 2015, UTC.
func signatureTime(at time.Time) uint64 {
	since := at.Sub(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC))
	return uint64(max(0, since)) / 10000
}

// A Guard checks the signatures of one key, and that nothing is played again.
type Guard struct {
	Key  Key
	seen map[[3]uint8]uint64
}

// Check tells why a frame cannot be trusted, or nil. now is the receiver's
// time. The error is Unauthenticated.
func (g *Guard) Check(f Frame, now time.Time) error {
	v2, ok := f.raw.(*frame.V2Frame)
	if !ok || !f.Signed {
		return vigia.Errorf(vigia.Unauthenticated, "the frame is not signed")
	}
	if *v2.GenerateSignature((*frame.V2Key)(&g.Key)) != *v2.Signature {
		return vigia.Errorf(vigia.Unauthenticated, "the frame's signature is of another key")
	}
	stream := [3]uint8{f.System, f.Component, f.Link}
	last, known := g.seen[stream]
	// One minute: what MAVLink grants to a link that is heard for the first time.
	const minute = 60 * 100000
	switch {
	case known && f.SignedAt <= last:
		return vigia.Errorf(vigia.Unauthenticated, "the frame was seen before, or is older than one that was")
	case !known && f.SignedAt+minute < signatureTime(now):
		return vigia.Errorf(vigia.Unauthenticated, "the frame was signed more than a minute ago")
	}
	if g.seen == nil {
		g.seen = map[[3]uint8]uint64{}
	}
	g.seen[stream] = f.SignedAt
	return nil
}
