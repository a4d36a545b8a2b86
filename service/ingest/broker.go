package ingest

import (
	"slices"
	"strings"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/service/ingest/source"
)

// Broker makes an MQTT server for sensors. A topic is vigia/FLIGHT/FORMAT, with
// what the sensor likes behind it: vigia/F-12/ground/mast-3.
func (i *Ingest) Broker(address string, authenticate func(user, password string) bool) *source.Broker {
	m := source.NewMeter(source.Config{Name: "mqtt", URL: "mqtt://" + address, Format: "any"})
	i.watch(m)
	return &source.Broker{
		Authenticate: authenticate, Meter: m, Clock: i.Clock,
		Open: func(topic string) (source.Door, error) {
			parts := strings.Split(topic, "/")
			if len(parts) < 3 || parts[0] != "vigia" || !vigia.ValidName(parts[1]) || !slices.Contains(Formats(), parts[2]) {
				return nil, vigia.Errorf(vigia.Invalid, "the topic %q is not vigia/FLIGHT/FORMAT with a format of %s", topic, strings.Join(Formats(), ", "))
			}
			return i.door(source.Config{Name: "mqtt", Flight: vigia.ID(parts[1]), Format: parts[2]}, m), nil
		},
	}
}
