package main

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/vigia-project/vigia"
)

// A videoReader hands out the pictures of a video as ffmpeg decodes it, in
// luminance, each with its presentation time as it stands in the file.
type videoReader struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	shown  chan shown
	told   chan string // what ffmpeg said went wrong
	pixels []byte
}

// shown is what ffmpeg's showinfo filter says of a picture before it comes.
type shown struct {
	pts           int64 // 1/90000 s
	known         bool
	width, height int
}

var showinfoLine = regexp.MustCompile(`Parsed_showinfo.* n: *\d+ pts: *(-?\d+|NOPTS) .* s:(\d+)x(\d+) `)

// maxPicture bounds what a picture may take, pixels.
const maxPicture = 1 << 28

// openVideo starts ffmpeg on a file. The error is Unavailable where there is no
// ffmpeg.
func openVideo(ctx context.Context, path string) (*videoReader, error) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, vigia.Errorf(vigia.Unavailable, "there is no ffmpeg, which decodes the video: install it (Debian and Ubuntu: apt install ffmpeg)")
	}
	v := &videoReader{shown: make(chan shown, 256), told: make(chan string, 1)}
	v.cmd = exec.CommandContext(ctx, ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-copyts", "-noautorotate",
		"-i", "file:"+path, "-map", "0:v:0", "-an", "-vf", "format=gray,settb=1/90000,showinfo=checksum=0",
		"-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-")
	stdout, err := v.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := v.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := v.cmd.Start(); err != nil {
		return nil, vigia.Errorf(vigia.Unavailable, "ffmpeg does not start: %v", err)
	}
	v.out = bufio.NewReaderSize(stdout, 1<<20)
	go v.listen(ctx, stderr)
	return v, nil
}

// listen reads what ffmpeg says: of each picture, and at its end.
func (v *videoReader) listen(ctx context.Context, r io.Reader) {
	defer close(v.shown)
	last := ""
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := showinfoLine.FindStringSubmatch(lines.Text())
		if m == nil {
			if s := strings.TrimSpace(lines.Text()); s != "" && !strings.Contains(s, "showinfo") {
				last = s
			}
			continue
		}
		var s shown
		var err error
		s.pts, err = strconv.ParseInt(m[1], 10, 64)
		s.known = err == nil
		s.width, _ = strconv.Atoi(m[2])
		s.height, _ = strconv.Atoi(m[3])
		select {
		case v.shown <- s:
		case <-ctx.Done():
		}
	}
	_, _ = io.Copy(io.Discard, r) // a line too long to be of use
	v.told <- last
}

// next returns the next picture; its pixels are valid until the next call. At
// the end it is io.EOF; any other error is Invalid.
func (v *videoReader) next() (shown, []byte, error) {
	s, ok := <-v.shown
	if !ok {
		told := <-v.told
		if err := v.cmd.Wait(); err != nil {
			return s, nil, vigia.Errorf(vigia.Invalid, "ffmpeg does not read the video: %s", told)
		}
		return s, nil, io.EOF
	}
	n := s.width * s.height
	if n <= 0 || n > maxPicture {
		return s, nil, vigia.Errorf(vigia.Invalid, "the video has pictures of %d × %d pixels", s.width, s.height)
	}
	if cap(v.pixels) < n {
		v.pixels = make([]byte, n)
	}
	v.pixels = v.pixels[:n]
	if _, err := io.ReadFull(v.out, v.pixels); err != nil {
		return s, nil, vigia.Errorf(vigia.Invalid, "the video breaks off within a picture: %v", err)
	}
	return s, v.pixels, nil
}

// close ends ffmpeg, if it still runs.
func (v *videoReader) close() {
	if v.cmd.ProcessState == nil {
		_ = v.cmd.Process.Kill()
		for range v.shown { //nolint:revive // it drains, so that listen ends
		}
		_ = v.cmd.Wait()
	}
}
