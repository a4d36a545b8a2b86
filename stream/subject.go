package stream

import (
	"strings"
	"time"

	"github.com/vigia-project/vigia"
)

// A Name is a stream's.
type Name string

// The streams.
const (
	Log   Name = "LOG"   // what sensors said and people decided, as it came: everything else follows from it
	Facts Name = "FACTS" // what was worked out, announced from the store's outbox
	Inbox Name = "INBOX" // bytes that gateways put on the stream for service/ingest

	// Motion is a log of what expires: where aircraft and vehicles were. It is
	// kept for MotionKeep and no longer (docs/decisions/positions-expire.md).
	Motion Name = "MOTION"

	// Video holds recorded video, which expires as well
	// (docs/decisions/video-segments.md).
	Video Name = "VIDEO"
)

// The subjects of the log. Those that end in a dot are followed by a flight.
const (
	Observation = "observation."  // Batch
	Wind        = "wind."         // Batch
	Buildings   = "building.map"  // Batch
	ScanLines   = "scan."         // Scan
	Sealed      = "sealed."       // Sealed
	FlightOrder = "decision.task" // Decision: authorisations and flights
	LeadOrder   = "decision.lead" // Decision: leads
)

// Traffic announces what follows from Motion, and expires as it does.
const Traffic Name = "TRAFFIC"

// The subjects of traffic.
const (
	TrackSeen  = "track.seen"  // Picture, as known at its own time
	VisitEnded = "visit.ended" // Visit
)

// The subject of what moves, followed by a flight.
const Position = "position." // Batch of poses and position reports

// The subjects of video, followed by a flight.
const (
	VideoBytes   = "video.bytes."   // a piece of a transport stream that plays alone
	VideoSegment = "video.segment." // Segment, which says where its bytes are
)

// VideoKeep is how long video is kept, and VideoBytesKept how much of it at
// most, bytes: the oldest goes first.
const (
	VideoKeep      = 7 * 24 * time.Hour
	VideoBytesKept = 32 << 30
)

// MotionKeep is how long a position is kept.
const MotionKeep = 30 * 24 * time.Hour

// The subjects of facts.
const (
	FlightChanged    = "flight.changed"    // Flight
	FlightIsClosed   = "flight.closed"     // FlightClosed
	DetectionFound   = "detection.found"   // Detection
	PlumeFound       = "plume.found"       // Plume
	SourceLocated    = "source.located"    // Posterior
	SiteChanged      = "site.changed"      // Site
	LeadRaised       = "lead.raised"       // Lead
	LeadApproved     = "lead.approved"     // Lead
	LeadDeclined     = "lead.declined"     // Lead
	LeadReleased     = "lead.released"     // Lead
	LeadRecalled     = "lead.recalled"     // Lead
	LeadAcknowledged = "lead.acknowledged" // Lead
	LeadClosed       = "lead.closed"       // Lead
)

// The subjects of the inbox, followed by a flight: bytes as a gateway sends them.
const (
	InboxObservation = "inbox.observation." // text/csv
	InboxWind        = "inbox.wind."        // text/csv
)

// A Definition says what a stream holds and for how long.
type Definition struct {
	Name     Name
	Subjects []string      // patterns
	MaxAge   time.Duration // 0: as long as policy lets it
	MaxBytes int64         // 0: no limit; else the oldest messages go, earlier on a disk that has less room
	Window   time.Duration // in which a repeat of an ID is dropped
}

// Definitions lists the streams.
func Definitions() []Definition {
	const window = 10 * time.Minute
	return []Definition{
		{Name: Log, Subjects: []string{"observation.*", "wind.*", "building.*", "scan.*", "sealed.*", "decision.*"}, Window: window},
		{Name: Facts, Subjects: []string{"flight.*", "detection.*", "plume.*", "source.*", "site.*", "lead.*"}, Window: window},
		{Name: Motion, Subjects: []string{Position + "*"}, MaxAge: MotionKeep, Window: window},
		{Name: Traffic, Subjects: []string{"track.*", "visit.*"}, MaxAge: MotionKeep, Window: window},
		{Name: Video, Subjects: []string{"video.*.*"}, MaxAge: VideoKeep, MaxBytes: VideoBytesKept, Window: window},
		{Name: Inbox, Subjects: []string{"inbox.*.*"}, MaxAge: 24 * time.Hour, Window: window},
	}
}

// Of returns the stream that a subject or pattern belongs to.
func Of(subject string) (Name, error) {
	first, _, _ := strings.Cut(subject, ".")
	for _, d := range Definitions() {
		for _, p := range d.Subjects {
			if f, _, _ := strings.Cut(p, "."); f == first {
				return d.Name, nil
			}
		}
	}
	return "", vigia.Errorf(vigia.Invalid, "no stream carries the subject %q", subject)
}

// LeadSubject is the subject that announces a lead in the given status.
func LeadSubject(s vigia.LeadStatus) string { return "lead." + string(s) }
