package spectrum

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// ReadJCAMP reads the first spectrum of a JCAMP-DX file (McDonald & Wilks 1988,
// Applied Spectroscopy 42:151). XYDATA may be in any of the standard's forms:
// AFFN, PAC, SQZ, DIF and DUP (§5), XYPOINTS in pairs. Transmittance and
// absorbance become an absorption coefficient where the file says the pressure
// and the path.
func ReadJCAMP(r io.Reader) (*Spectrum, error) {
	j := &jcamp{labels: map[string]string{}, xfactor: 1, yfactor: 1}
	in := bufio.NewScanner(&io.LimitedReader{R: r, N: FileLimit})
	in.Buffer(make([]byte, 0, 4096), 1<<20)
	for in.Scan() && !j.done {
		j.line++
		text, _, _ := strings.Cut(in.Text(), "$$") // a comment
		if err := j.read(text); err != nil {
			return nil, err
		}
	}
	if err := in.Err(); err != nil {
		return nil, invalid(j.line, "the file cannot be read: %v", err)
	}
	return j.spectrum()
}

// A jcamp is a file under reading.
type jcamp struct {
	line   int
	labels map[string]string
	last   string // label that a line without one goes on with
	form   string // of the data: "" before them, "++", "xy"
	done   bool

	xfactor, yfactor, firstX, lastX float64
	x, y                            []float64
	carry                           bool    // the last line ended in a difference: the next begins with its check
	previous                        float64 // ordinate before factors
	pending                         string
}

// label is a label's name as the standard compares it: letters and digits.
var label = strings.NewReplacer(" ", "", "-", "", "_", "", "/", "")

func (j *jcamp) read(text string) error {
	if key, value, ok := strings.Cut(text, "="); ok && strings.HasPrefix(strings.TrimSpace(key), "##") {
		return j.begin(label.Replace(strings.ToUpper(strings.TrimSpace(key)[2:])), strings.TrimSpace(value))
	}
	switch j.form {
	case "++":
		return j.ordinates(text)
	case "xy":
		return j.pairs(text)
	}
	if j.line == 1 && strings.TrimSpace(text) != "" {
		return invalid(1, "not a JCAMP-DX file: it must begin with ##TITLE=")
	}
	if j.last != "" && len(j.labels[j.last]) < 4096 {
		j.labels[j.last] += "\n" + strings.TrimSpace(text)
	}
	return nil
}

// begin begins a labelled data record.
func (j *jcamp) begin(key, value string) error {
	j.last, j.form = key, ""
	switch key {
	case "END":
		j.done = len(j.y) > 0
		return nil
	case "XYDATA":
		if !strings.Contains(strings.ReplaceAll(value, " ", ""), "(X++(Y..Y))") {
			return invalid(j.line, "XYDATA of the form %q is not known", clip(value))
		}
		j.form = "++"
		return j.factors()
	case "XYPOINTS", "PEAKTABLE":
		j.form = "xy"
		return j.factors()
	case "NTUPLES":
		return invalid(j.line, "NTUPLES hold many spectra; save one of them as XYDATA")
	}
	if len(j.labels) < 1000 {
		j.labels[key] = value
	}
	return nil
}

func (j *jcamp) factors() error {
	j.x, j.y = nil, nil
	for key, dst := range map[string]*float64{"XFACTOR": &j.xfactor, "YFACTOR": &j.yfactor, "FIRSTX": &j.firstX, "LASTX": &j.lastX} {
		text, ok := j.labels[key]
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return invalid(j.line, "##%s=%s is not a number", key, clip(text))
		}
		*dst = v
	}
	return nil
}

// pairs reads "x, y; x, y".
func (j *jcamp) pairs(text string) error {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\r' })
	if len(fields)%2 != 0 {
		return invalid(j.line, "%d numbers are no pairs", len(fields))
	}
	for i := 0; i < len(fields); i += 2 {
		x, err1 := strconv.ParseFloat(fields[i], 64)
		y, err2 := strconv.ParseFloat(fields[i+1], 64)
		if err1 != nil || err2 != nil {
			return invalid(j.line, "%q is no pair of numbers", clip(fields[i]+" "+fields[i+1]))
		}
		j.x = append(j.x, x*j.xfactor)
		if err := j.add(y); err != nil {
			return err
		}
	}
	return nil
}

func (j *jcamp) add(y float64) error {
	if len(j.y) >= PointLimit {
		return invalid(j.line, "more than %d points", PointLimit)
	}
	j.y = append(j.y, y*j.yfactor)
	j.previous = y
	return nil
}

// ordinates reads an abscissa and what follows it at equal steps (§5.4 to 5.9).
func (j *jcamp) ordinates(text string) error {
	rest := strings.TrimSpace(text)
	if rest == "" {
		return nil
	}
	abscissa := number.FindString(rest)
	if abscissa == "" {
		return invalid(j.line, "the line %q does not begin with an abscissa", clip(rest))
	}
	rest = rest[len(abscissa):]
	check := j.carry
	j.carry = false
	for first := true; ; first = false {
		rest = strings.TrimLeft(rest, " \t\r,")
		if rest == "" {
			return nil
		}
		n, err := j.ordinate(rest, first && check)
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
}

// number is one in AFFN; digits without a point in PAC and after a letter.
var number = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`)

const (
	sqz = "@ABCDEFGHIabcdefghi" // 0, 1…9, −1…−9
	dif = "%JKLMNOPQRjklmnopqr"
	dup = "STUVWXYZs" // 1…9
)

// ordinate reads one ordinate and returns how many bytes it took. A line after a
// difference begins with the last ordinate again, to be checked and dropped.
func (j *jcamp) ordinate(rest string, check bool) (int, error) {
	c := rest[0]
	digit := func(alphabet string) (float64, bool, int) {
		i := strings.IndexByte(alphabet, c)
		if i < 0 {
			return 0, false, 0
		}
		digits := number.FindString(strings.TrimLeft(rest[1:], "+-"))
		if k := strings.IndexAny(digits, "eE."); k >= 0 {
			digits = digits[:k] // a letter E or a point begins the next
		}
		if len(digits) > 17 {
			digits = digits[:17]
		}
		negative := i > 9
		if negative {
			i -= 9
		}
		v, _ := strconv.ParseFloat(strconv.Itoa(i)+digits, 64)
		if negative {
			v = -v
		}
		return v, true, 1 + len(digits)
	}
	if v, ok, n := digit(sqz); ok {
		if check {
			return n, j.agree(v)
		}
		j.pending = "value"
		return n, j.add(v)
	}
	if v, ok, n := digit(dif); ok {
		j.carry, j.pending = true, "difference"
		d := v
		j.labels["\x00dif"] = strconv.FormatFloat(d, 'g', -1, 64)
		return n, j.add(j.previous + d)
	}
	if i := strings.IndexByte(dup, c); i >= 0 {
		return j.repeat(rest, i+1)
	}
	if c == '?' { // a point that is missing
		return 1, j.add(math.NaN())
	}
	text := number.FindString(rest)
	if text == "" {
		return 0, invalid(j.line, "%q is no ordinate", clip(rest))
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, invalid(j.line, "%q is no number", clip(text))
	}
	if check {
		return len(text), j.agree(v)
	}
	j.pending = "value"
	return len(text), j.add(v)
}

// repeat does again what the last ordinate did, so that there are n in all.
func (j *jcamp) repeat(rest string, first int) (int, error) {
	digits := number.FindString(rest[1:])
	if k := strings.IndexAny(digits, "eE.+-"); k >= 0 {
		digits = digits[:k]
	}
	n, err := strconv.Atoi(strconv.Itoa(first) + digits)
	if err != nil || n > j.room()+1 || len(j.y) == 0 {
		return 0, invalid(j.line, "%q repeats nothing, or too often", clip(rest))
	}
	d := 0.0
	if j.pending == "difference" {
		d, _ = strconv.ParseFloat(j.labels["\x00dif"], 64)
	}
	for range n - 1 {
		if err := j.add(j.previous + d); err != nil {
			return 0, err
		}
	}
	return 1 + len(digits), nil
}

// How many points a file may repeat its way to: one that says how many it holds,
// as the standard has it, and one that does not. A few bytes could otherwise ask
// for all the memory that the longest spectrum takes.
const (
	said   = 1 << 20
	unsaid = 1 << 14
)

// room is how many points may still be repeated.
func (j *jcamp) room() int {
	most := unsaid
	if n, err := strconv.Atoi(strings.TrimSpace(j.labels["NPOINTS"])); err == nil {
		most = min(n, said)
	}
	return most - len(j.y)
}

// agree is the standard's check of the ordinate that a line repeats (§5.8.3).
func (j *jcamp) agree(v float64) error {
	if math.Abs(v-j.previous) > 1 {
		return invalid(j.line, "the ordinate %v that the line begins with is not the last one, %v: the file is damaged", v, j.previous)
	}
	return nil
}

// spectrum turns what was read into common units.
func (j *jcamp) spectrum() (*Spectrum, error) {
	if len(j.y) < 2 {
		return nil, invalid(j.line, "there are no data in it (##XYDATA= with two points or more)")
	}
	if n, err := strconv.Atoi(strings.TrimSpace(j.labels["NPOINTS"])); err == nil && n != len(j.y) && j.x == nil {
		return nil, invalid(j.line, "##NPOINTS=%d, and there are %d: the file is truncated or damaged", n, len(j.y))
	}
	if j.x == nil {
		if !(j.firstX != j.lastX) {
			return nil, invalid(j.line, "##FIRSTX= and ##LASTX= do not say where the points lie")
		}
		j.x = make([]float64, len(j.y))
		for i := range j.x {
			j.x[i] = j.firstX + (j.lastX-j.firstX)*float64(i)/float64(len(j.x)-1)
		}
	}
	if !allFinite(j.x) {
		return nil, invalid(j.line, "an abscissa is not a finite number")
	}
	s := &Spectrum{
		Name: j.labels["TITLE"], CAS: j.labels["CASREGISTRYNO"], Formula: strings.ReplaceAll(j.labels["MOLFORM"], " ", ""),
		Format: "JCAMP-DX", Source: strings.TrimSpace(j.labels["ORIGIN"] + "; " + j.labels["OWNER"]),
	}
	s.Resolution, _ = strconv.ParseFloat(strings.TrimSpace(j.labels["RESOLUTION"]), 64)
	if err := j.absorption(s); err != nil {
		return nil, err
	}
	switch unit := strings.ToUpper(label.Replace(j.labels["XUNITS"])); unit {
	case "1CM", "CM1":
		s.Wavelength, s.Y = fromWavenumbers(j.x, s.Y)
	case "NANOMETERS", "NM":
		s.Wavelength = j.x
	case "MICROMETERS", "UM", "MICRONS":
		s.Wavelength = j.x
		for i := range j.x {
			j.x[i] *= 1e3
		}
	default:
		return nil, invalid(j.line, "##XUNITS=%s is not known", clip(j.labels["XUNITS"]))
	}
	rising(s.Wavelength, s.Y)
	return s, nil
}

// absorption turns ordinates into an absorption coefficient, base e.
func (j *jcamp) absorption(s *Spectrum) error {
	unit := strings.ToUpper(strings.ReplaceAll(j.labels["YUNITS"], " ", ""))
	amount, known := j.amount()
	scale := 1.0
	s.Quantity = Absorption
	switch {
	case strings.HasPrefix(unit, "(MICROMOL/MOL)-1M-1"):
		if strings.Contains(unit, "BASE10") {
			scale = math.Ln10
		}
	case unit == "ABSORBANCE" || unit == "TRANSMITTANCE" || unit == "%TRANSMITTANCE" || unit == "TRANSMISSION":
		scale = math.Ln10
		if known {
			scale /= amount
			s.Notes = append(s.Notes, fmt.Sprintf("the sample was %.4g ppm·m of vapour at 1 atm", amount))
		} else {
			s.Quantity = Relative
			s.Notes = append(s.Notes, "the file does not say how much vapour was in the beam")
		}
	default:
		s.Quantity = Value
	}
	s.Y = j.y
	for i, y := range s.Y {
		switch unit {
		case "TRANSMITTANCE", "TRANSMISSION":
			y = -math.Log10(max(y, 1e-3)) // less is an opaque band, not a number
		case "%TRANSMITTANCE":
			y = -math.Log10(max(y/100, 1e-3))
		}
		if math.IsNaN(y) || math.IsInf(y, 0) {
			y = 0
		}
		s.Y[i] = y * scale
	}
	return nil
}

var quantity = regexp.MustCompile(`(?i)([\d.]+(?:E[+-]?\d+)?)\s*(mmhg|torr|ppm|kpa|pa|atm|mm|cm|m)\b`)

// amount is the vapour in the beam, ppm·m at 1 atm.
func (j *jcamp) amount() (float64, bool) {
	ppm, path := 0.0, 0.0
	for _, text := range []string{j.labels["PARTIALPRESSURE"], j.labels["STATE"]} {
		m := quantity.FindStringSubmatch(text)
		if m == nil || ppm > 0 {
			continue
		}
		v, _ := strconv.ParseFloat(m[1], 64)
		ppm = v * map[string]float64{
			"mmhg": 1e6 * torr / atmosphere, "torr": 1e6 * torr / atmosphere, "ppm": 1,
			"kpa": 1e9 / atmosphere, "pa": 1e6 / atmosphere, "atm": 1e6,
		}[strings.ToLower(m[2])]
	}
	if m := quantity.FindStringSubmatch(j.labels["PATHLENGTH"]); m != nil {
		v, _ := strconv.ParseFloat(m[1], 64)
		path = v * map[string]float64{"mm": 1e-3, "cm": 1e-2, "m": 1}[strings.ToLower(m[2])]
	}
	return ppm * path, ppm > 0 && path > 0
}
