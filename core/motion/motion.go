// Package motion finds what moves over the ground in pictures from an aircraft
// that moves itself, and says where on the ground a pixel lies.
//
// Each picture is registered to the one before: corners (Shi and Tomasi 1994)
// are followed by pyramidal Lucas–Kanade (Bouguet 2000), and a homography is
// fitted to them by RANSAC (Fischler and Bolles 1981). The picture is then
// compared with earlier ones, laid over it by the product of the homographies.
// What differs from most of them by more than the noise, as that is measured in
// its surroundings, is joined into blobs; a blob that moves steadily over the
// ground for some pictures is an object.
//
// An object is an anonymous number with a place and a motion. Nothing about
// what it looks like is kept.
package motion

import (
	"fmt"
	"math"

	"github.com/vigia-project/vigia"
)

// A Picture is one frame of a video: 8-bit luminance, row by row, from the
// upper left.
type Picture struct {
	Seconds       float64 // presentation time
	Width, Height int
	Pixels        []byte // Width·Height
}

// Settings say how a Detector works. The zero value serves any camera.
type Settings struct {
	// Work is the greatest width at which pictures are compared: wider ones are
	// halved until they fit. 0 is 960 pixels.
	Work int
	// Slowest is the least motion over the ground that is told, pixels a
	// picture at full size. 0 is 1.
	Slowest float64
	// Seed of the random samples of RANSAC.
	Seed uint64
	// Finder, where not nil, says where objects are in place of what differs
	// between pictures; then those that stand still are told too.
	Finder Finder
}

// A Finder finds objects in single pictures, such as a trained detector. It is
// a function of the picture.
type Finder interface {
	Find(Picture) ([]Box, error)
}

// A Box is where a Finder saw an object, pixels from the upper left corner.
type Box struct {
	Left, Top, Right, Bottom float64
	Score                    float64 // the finder's own, 0 to 1
}

// A Detector finds objects in one video, picture by picture. It is not for
// concurrent use. Its memory is bounded by the size of a picture.
type Detector struct {
	settings Settings
	width    int // of the pictures, pixels; 0: none came yet
	height   int
	scale    float64 // pixels of a picture to one that is worked on
	count    uint64
	failed   int // pictures in a row that could not be registered

	history []*level0 // newest last; the last is the reference of the next
	free    []*level0
	change  change
	drift   drift
	follow  follower
	corners cornerFinder
}

// lag is the distance, in pictures, between the earlier ones that a picture is
// compared with, and references how many they are. A vehicle shows the front
// part of it that is as long as its way in one lag; the place that it left
// shows too, if it stood there in all of them, so the vehicle must need less
// than the time between the first and the last to pass its own length.
const (
	lag           = 8
	references    = 3
	historyLength = lag * references
	// patience is how many pictures in a row may fail before the detector
	// begins anew from the next: the camera looks elsewhere.
	patience = 5
)

// An Object is something that moves over the ground, in the last picture.
// Places are pixels of the picture, from its upper left corner; a pixel's own
// middle lies at a half.
type Object struct {
	ID     uint64     // holds as long as it is followed
	X, Y   float64    // middle of what differs
	Box    [4]float64 // left, top, right, bottom
	VX, VY float64    // motion over the ground, pixels a picture
	Sigma  float64    // one standard deviation of X and of Y, pixels
	Area   float64    // of what differs, pixels²
	Score  float64    // how far it stands out of the noise, standard deviations
	Hits   int        // pictures in which it was seen
}

// A Result says what a picture showed.
type Result struct {
	// Skipped says why the picture could not be registered, and is empty where
	// it could. There are no objects then, and the next is compared with the
	// picture before this.
	Skipped string
	// Settled is true once enough pictures were registered to compare with.
	Settled bool
	Objects []Object
	// Homography takes a place in this picture to the one before that was not
	// skipped, pixels.
	Homography Homography
	Corners    int     // that were followed
	Inliers    int     // of them on the ground's plane
	NoiseSD    float64 // median over the picture, grey levels at the size that is worked on
	Parallax   float64 // motion of what stands above the ground, pixels a picture
}

// New makes a detector.
func New(s Settings) *Detector {
	if s.Work <= 0 {
		s.Work = 960
	}
	if s.Slowest <= 0 {
		s.Slowest = 1
	}
	return &Detector{settings: s}
}

// The smallest and the largest picture that is taken, pixels a side.
const (
	minSide = 64
	maxSide = 16384
)

// Add takes the next picture. The error is Invalid: the picture is no picture,
// or of another size than the first; or it is the Finder's.
func (d *Detector) Add(p Picture) (Result, error) {
	if err := d.check(p); err != nil {
		return Result{}, err
	}
	d.count++
	here := d.take(p)
	if len(d.history) == 0 {
		here.toHere = identity
		d.history = append(d.history, here)
		d.follow.reset()
		return Result{Homography: identity}, nil
	}
	last := d.history[len(d.history)-1]
	reg := d.register(last, here)
	out := Result{Corners: reg.corners, Inliers: reg.inliers, Skipped: reg.fault}
	if reg.fault != "" {
		d.free = append(d.free, here)
		if d.failed++; d.failed >= patience {
			out.Skipped += "; beginning anew"
			d.free = append(d.free, d.history...)
			d.history, d.failed = d.history[:0], 0
			d.follow.reset()
		}
		return out, nil
	}
	d.failed = 0
	for _, h := range d.history {
		h.toHere = h.toHere.After(reg.back)
	}
	here.toHere = identity
	out.Homography = reg.back.scaled(d.scale)
	out.Parallax = reg.parallax * d.scale
	d.follow.move(reg.back, here)
	if err := d.look(p, here, reg, &out); err != nil {
		return out, err
	}
	d.history = append(d.history, here)
	if len(d.history) > historyLength {
		d.free = append(d.free, d.history[0])
		d.history = d.history[:copy(d.history, d.history[1:])]
	}
	return out, nil
}

// look finds the objects of a picture that was registered.
func (d *Detector) look(p Picture, here *level0, reg registration, out *Result) error {
	if finder := d.settings.Finder; finder != nil {
		boxes, err := finder.Find(p)
		if err != nil {
			return err
		}
		out.Settled = true
		d.follow.add(blobsOf(boxes, d.scale))
		out.Objects = d.follow.objects(d.scale, 0, &drift{})
		return nil
	}
	refs := d.references()
	if len(refs) < references {
		return nil // what a vehicle left behind could not be told from a vehicle
	}
	blobs := d.change.find(here, refs)
	out.Settled, out.NoiseSD = true, d.change.noise()
	d.follow.add(blobs)
	out.Objects = d.follow.objects(d.scale, max(d.settings.Slowest/d.scale, parallaxGuard*reg.parallax), &d.drift)
	return nil
}

// blobsOf are a finder's boxes at the size that is worked on.
func blobsOf(boxes []Box, scale float64) []blob {
	var all []blob
	for _, b := range boxes {
		if !(b.Right > b.Left && b.Bottom > b.Top) {
			continue
		}
		one := blob{x: (b.Left+b.Right)/2/scale - 0.5, y: (b.Top+b.Bottom)/2/scale - 0.5, score: b.Score,
			x0: int(b.Left / scale), y0: int(b.Top / scale), x1: int(b.Right/scale) - 1, y1: int(b.Bottom/scale) - 1}
		one.x1, one.y1 = max(one.x0, one.x1), max(one.y0, one.y1)
		one.area = (one.x1 - one.x0 + 1) * (one.y1 - one.y0 + 1)
		if all = append(all, one); len(all) == mostBlobs {
			break
		}
	}
	return all
}

// check holds a picture to the first one's size.
func (d *Detector) check(p Picture) error {
	switch {
	case p.Width < minSide || p.Height < minSide || p.Width > maxSide || p.Height > maxSide:
		return vigia.Errorf(vigia.Invalid, "a picture of %d × %d pixels: a side has %d to %d", p.Width, p.Height, minSide, maxSide)
	case len(p.Pixels) != p.Width*p.Height:
		return vigia.Errorf(vigia.Invalid, "a picture of %d × %d pixels has %d bytes", p.Width, p.Height, len(p.Pixels))
	case d.width != 0 && (p.Width != d.width || p.Height != d.height):
		return vigia.Errorf(vigia.Invalid, "a picture of %d × %d pixels among those of %d × %d", p.Width, p.Height, d.width, d.height)
	}
	if d.width == 0 {
		d.width, d.height, d.scale = p.Width, p.Height, 1
		for w, h := p.Width, p.Height; w > d.settings.Work && min(w, h)/2 >= minSide; w, h = w/2, h/2 {
			d.scale *= 2
		}
	}
	return nil
}

// take brings a picture to the size that is worked on.
func (d *Detector) take(p Picture) *level0 {
	var l *level0
	if n := len(d.free); n > 0 {
		l, d.free = d.free[n-1], d.free[:n-1]
	} else {
		l = &level0{}
	}
	l.fill(p, int(d.scale))
	return l
}

// references are the earlier pictures to compare with, nearest first.
func (d *Detector) references() []*level0 {
	var refs []*level0
	for i := len(d.history) - lag; i >= 0 && len(refs) < references; i -= lag {
		refs = append(refs, d.history[i])
	}
	return refs
}

// A registration is how a picture lies to the one before.
type registration struct {
	back             Homography // this picture's places to the one before
	corners, inliers int
	parallax         float64 // of what does not lie in the plane
	fault            string
}

// What a registration must have to be believed: corners that agree, spread over
// the picture.
const (
	minInliers     = 24
	minInlierShare = 0.35
	minSpread      = 0.12 // standard deviation of the inliers along each axis, shares of the picture's side
	inlierPixels   = 0.75
	// parallaxGuard is how many times faster than what merely stands above the
	// ground an object must move.
	parallaxGuard = 2
)

func (d *Detector) register(last, here *level0) registration {
	corners := d.corners.find(last)
	pairs := track(last, here, corners)
	reg := registration{corners: len(pairs)}
	if len(pairs) < minInliers {
		reg.fault = fmt.Sprintf("%d corners could be followed; %d are needed", len(pairs), minInliers)
		return reg
	}
	h, inliers, ok := ransac(pairs, inlierPixels, d.settings.Seed^d.count*0x9e3779b97f4a7c15)
	reg.inliers = len(inliers)
	switch w, hgt := float64(here.w), float64(here.h); {
	case !ok || len(inliers) < minInliers || float64(len(inliers)) < minInlierShare*float64(len(pairs)):
		reg.fault = fmt.Sprintf("%d of %d corners move as one plane", len(inliers), len(pairs))
	case !h.sane(w, hgt):
		reg.fault = "the homography folds or tears the picture"
	default:
		sx, sy := spread(inliers)
		if sx < minSpread*w || sy < minSpread*hgt {
			reg.fault = "the corners that agree lie together in one part of the picture"
		}
	}
	reg.back = h
	reg.parallax = outside(pairs, h)
	if reg.fault == "" {
		d.drift.learn(pairs, h, mostDrift/d.scale)
	}
	return reg
}

// spread is the standard deviation of where pairs lie.
func spread(pairs []pair) (sx, sy float64) {
	var mx, my, xx, yy float64
	for _, p := range pairs {
		mx, my, xx, yy = mx+p.x, my+p.y, xx+p.x*p.x, yy+p.y*p.y
	}
	n := float64(len(pairs))
	mx, my = mx/n, my/n
	return math.Sqrt(max(0, xx/n-mx*mx)), math.Sqrt(max(0, yy/n-my*my))
}
