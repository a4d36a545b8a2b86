package mavlink

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bluenviron/gomavlib/v3/pkg/dialects/ardupilotmega"

	"github.com/vigia-project/vigia/geo"
)

// node-mavlink reads the mission that is written here, and we read what it says.
func TestPeers_NodeMAVLink(t *testing.T) {
	const library = "node-mavlink"
	dir := os.Getenv("VIGIA_PEERS")
	if _, err := exec.LookPath("node"); err != nil || dir == "" {
		t.Skipf("SKIPPED: to hold this against %s: npm install %s in a folder, and name it in VIGIA_PEERS", library, library)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", library)); err != nil {
		t.Skipf("SKIPPED: %s has no %s", dir, library)
	}
	u, err := NewUpload(1, 1, []Item{Waypoint(geo.Point{Lat: 19.4326, Lon: -99.1332, Alt: 60})})
	if err != nil {
		t.Fatal(err)
	}
	key := Key{7}
	w := Writer{System: 255, Component: 190, Key: &key}
	ours, err := w.Append(nil, noon, u.items[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "-e", `
const { MavLinkPacketSplitter, MavLinkPacketParser, MavLinkProtocolV1, MavLinkProtocolV2, common } = require('node-mavlink');
const { Readable } = require('stream');
const key = Buffer.alloc(32); key[0] = 7;
Readable.from([Buffer.from(process.argv[1], 'hex')]).pipe(new MavLinkPacketSplitter()).pipe(new MavLinkPacketParser()).on('data', p => {
  const m = p.protocol.data(p.payload, common.MissionItemInt);
  console.log(JSON.stringify([p.header.msgid, p.header.sysid, m.command, m.x, m.y, m.z, p.signature.matches(key)]));
  const g = new common.GlobalPositionInt();
  Object.assign(g, { timeBootMs: 5, lat: 194326000, lon: -991332000, alt: 2300500, relativeAlt: 60000, vx: 1, vy: -2, vz: 3, hdg: 9000 });
  console.log(new MavLinkProtocolV1(1, 1).serialize(g, 3).toString('hex'));
  console.log(new MavLinkProtocolV2(1, 1).serialize(g, 4).toString('hex'));
});
`, hex.EncodeToString(ours))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(lines) != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "[73,255,16,194326000,-991332000,60,true]"; lines[0] != want {
		t.Errorf("node-mavlink reads %s, not %s", lines[0], want)
	}
	for i, line := range lines[1:] {
		b, err := hex.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		f := read(t, b)
		m, ok := f.Message.(*ardupilotmega.MessageGlobalPositionInt)
		if !ok || f.Version != i+1 || f.System != 1 || m.Lat != 194326000 || m.Lon != -991332000 || m.Vy != -2 || m.Hdg != 9000 {
			t.Errorf("what node-mavlink writes reads as %+v %+v", f, m)
		}
	}
}
