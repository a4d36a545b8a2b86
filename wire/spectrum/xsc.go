package spectrum

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReadXSC reads the first absorption cross section of a HITRAN .xsc file
// (Kochanov et al. 2019, JQSRT 230:172, table 1): a header of fixed columns,
// then ten numbers of ten columns a line, cm²/molecule at equal steps of wave
// number.
func ReadXSC(r io.Reader) (*Spectrum, error) {
	in := bufio.NewScanner(&io.LimitedReader{R: r, N: FileLimit})
	in.Buffer(make([]byte, 0, 4096), 1<<20)
	if !in.Scan() {
		return nil, invalid(1, "the file is empty")
	}
	head := in.Text()
	if len(head) < 60 {
		return nil, invalid(1, "not a HITRAN cross section: its first line has %d columns and needs 60 or more", len(head))
	}
	var from, to, kelvin, pressure float64
	for _, f := range []struct {
		what   string
		lo, hi int
		dst    *float64
	}{
		{"lowest wave number", 20, 30, &from}, {"highest wave number", 30, 40, &to},
		{"temperature", 47, 54, &kelvin}, {"pressure", 54, 60, &pressure},
	} {
		v, err := strconv.ParseFloat(strings.TrimSpace(head[f.lo:f.hi]), 64)
		if err != nil {
			return nil, invalid(1, "the %s, columns %d to %d, is %q and not a number", f.what, f.lo+1, f.hi, clip(head[f.lo:f.hi]))
		}
		*f.dst = v
	}
	n, err := strconv.Atoi(strings.TrimSpace(head[40:47]))
	if err != nil || n < 2 || n > PointLimit {
		return nil, invalid(1, "the number of points, %q, is not within 2 to %d", clip(head[40:47]), PointLimit)
	}
	if !(from > 0 && to > from) {
		return nil, invalid(1, "wave numbers from %v to %v do not rise", from, to)
	}
	y, line, err := crossSections(in, n)
	if err != nil {
		return nil, err
	}
	if len(y) < n {
		return nil, invalid(line, "the header promises %d points, and there are %d: the file is truncated", n, len(y))
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = from + (to-from)*float64(i)/float64(n-1)
		y[i] *= perPPMMetre
	}
	s := &Spectrum{
		Name: strings.TrimSpace(head[:20]), Format: "HITRAN xsc", Quantity: Absorption,
		Notes: []string{fmt.Sprintf("measured at %v K and %v Torr", kelvin, pressure)},
	}
	if len(head) >= 90 {
		s.Formula, s.Name = s.Name, strings.TrimSpace(head[75:90])
		if s.Name == "" {
			s.Name = s.Formula
		}
	}
	s.Wavelength, s.Y = fromWavenumbers(x, y)
	return s, nil
}

// crossSections reads up to n numbers; less is not an error here.
func crossSections(in *bufio.Scanner, n int) (y []float64, line int, err error) {
	line = 1
	for len(y) < n && in.Scan() {
		line++
		for text := strings.TrimRight(in.Text(), " \r"); text != "" && len(y) < n; {
			field := text[:min(10, len(text))]
			text = text[len(field):]
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil {
				return nil, line, invalid(line, "%q is not a cross section", clip(field))
			}
			y = append(y, v)
		}
	}
	if err := in.Err(); err != nil {
		return nil, line, invalid(line, "the file cannot be read: %v", err)
	}
	return y, line, nil
}
