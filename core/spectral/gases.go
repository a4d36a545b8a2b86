package spectral

import (
	"math"
	"sort"

	"github.com/vigia-project/vigia"
)

// A gasBand is one vibrational band as a sensor of some wave numbers' resolution
// sees it: a Q branch between a P and an R branch, each Gaussian.
type gasBand struct {
	centre   float64 // cm⁻¹
	strength float64 // integrated, base e, km/mol
	spread   float64 // of the P and R branches from the centre, cm⁻¹; 0 is one hump
	width    float64 // standard deviation of a branch, cm⁻¹
	q        float64 // share of the Q branch
	qWidth   float64 // its standard deviation, cm⁻¹
}

// A gas is a substance of the built-in library.
type gas struct {
	name   string
	source string
	bands  []gasBand
}

// Sources of positions and strengths. Contours (spread, width, share of the Q
// branch) are those of the rotational constants at 296 K, rounded.
const (
	shimanouchi = "positions: Shimanouchi 1972, NSRDS-NBS 39; "
	memory      = ", rounded, not yet held against it band by band"
	bishop      = shimanouchi + "strengths: Bishop & Cheung 1982, J. Phys. Chem. Ref. Data 11:119" + memory
	seen        = shimanouchi + "strengths: Bishop & Cheung 1982, J. Phys. Chem. Ref. Data 11:119, rounded; the strongest band held against a recorded spectrum of NIST, to 15 %"
	benedict    = bishop + "; the fundamental held against 130 cm⁻² atm⁻¹ at 300 K, to 5 % (Benedict, Herman, Moore & Silverman 1956, Can. J. Phys. 34:850)"
	nist        = shimanouchi + "strengths: integrated over the NIST Quantitative Infrared Database, Chu et al. 1999, J. Res. NIST 104:59, and held against it, to 6 % in the stronger ranges"
	coblentz    = shimanouchi + "strengths: integrated over the Coblentz Society's vapour spectra, NIST Chemistry WebBook SRD 69"
	evaluated   = coblentz + ", and held against it, to 15 % in the stronger ranges"
	overtones   = bishop + "; overtones: humps fitted to the unit absorption of Foote et al. 2020, IEEE TGRS 58:6480, half of its two-way value, to 8 % of its energy"
	hitran      = "positions and strengths: HITRAN2020, Gordon et al. 2022, JQSRT 277:107949, bands summed" + memory
)

// gases is the built-in library. It holds common gases and vapours that an
// imager of 1.6 to 13.5 µm may meet, so that everything works with no download;
// a measured library, by its own flag, is better. Each source says how far its
// strengths were checked; a test in cmd/vigia holds them against recorded spectra
// where there are any that are quantitative. Spectra of light gases at little
// pressure (methane, ammonia, carbon dioxide) lose much of their narrow lines to
// the resolution they were recorded with, and can tell no more than a lower bound.
var gases = []gas{
	{"methane", overtones, []gasBand{
		{1306, 33, 40, 24, 0.25, 4}, {3019, 67, 75, 35, 0.2, 4},
		{4108, 0.177, 0, 30, 0, 0}, {4176, 0.422, 0, 16, 0, 0}, {4200, 0.095, 0, 5, 0, 0}, {4216, 0.505, 0, 5, 0, 0}, {4224, 0.136, 0, 5, 0, 0},
		{4240, 0.15, 0, 5, 0, 0}, {4256, 0.571, 0, 10, 0, 0}, {4264, 0.451, 0, 60, 0, 0}, {4272, 0.142, 0, 5, 0, 0}, {4284, 0.102, 0, 5, 0, 0},
		{4296, 0.076, 0, 5, 0, 0}, {4312, 0.218, 0, 5, 0, 0}, {4316, 0.148, 0, 5, 0, 0}, {4340, 0.111, 0, 5, 0, 0}, {4356, 0.31, 0, 10, 0, 0},
		{4388, 0.144, 0, 10, 0, 0}, {4420, 0.052, 0, 5, 0, 0}, {4420, 1.49, 0, 60, 0, 0}, {4544, 0.134, 0, 5, 0, 0}, {4616, 0.09, 0, 30, 0, 0},
		{5896, 0.121, 0, 30, 0, 0}, {5948, 0.045, 0, 16, 0, 0}, {5976, 0.013, 0, 7, 0, 0}, {6000, 0.078, 0, 5, 0, 0}, {6004, 0.071, 0, 5, 0, 0},
		{6032, 0.04, 0, 60, 0, 0}, {6040, 0.015, 0, 5, 0, 0}, {6060, 0.046, 0, 10, 0, 0}, {6080, 0.013, 0, 5, 0, 0}, {6096, 0.18, 0, 30, 0, 0},
	}},
	{"ammonia", bishop, []gasBand{
		{950, 94, 0, 85, 0.18, 10}, {967, 22, 0, 3, 0, 0}, {931, 22, 0, 3, 0, 0}, {1627, 28, 0, 75, 0.2, 6}, {3336, 7.6, 0, 70, 0.3, 6},
		{4434, 1.1, 0, 60, 0.3, 8}, {5053, 2.2, 0, 60, 0.3, 8},
	}},
	{"ethylene", seen, []gasBand{{949, 84, 35, 26, 0.3, 2.5}, {1444, 10, 0, 26, 0, 0}, {2989, 14, 0, 30, 0, 0}, {3106, 26, 0, 45, 0, 0}}},
	{"sulphur hexafluoride", seen, []gasBand{{948, 1204, 0, 4.2, 0.35, 0.7}, {615, 73, 0, 5, 0.3, 0.7}}},
	{"carbon tetrafluoride", nist, []gasBand{{1282, 1180, 0, 4, 0.4, 1.2}, {631, 13, 0, 6, 0.3, 1}}},
	{"sulfur dioxide", bishop, []gasBand{{518, 25, 0, 25, 0, 0}, {1151, 22, 18, 13, 0, 0}, {1362, 189, 14, 10, 0, 0}, {2500, 3, 14, 10, 0, 0}}},
	{"carbon dioxide", hitran, []gasBand{
		{667, 48, 20, 12, 0.35, 1.5}, {2349, 548, 20, 12, 0, 0}, {3613, 6.5, 20, 12, 0, 0}, {3715, 10, 20, 12, 0, 0},
		{4853, 0.05, 20, 12, 0, 0}, {4978, 0.21, 20, 12, 0, 0}, {5100, 0.065, 20, 12, 0, 0},
	}},
	{"water", hitran, []gasBand{{1595, 64, 130, 90, 0, 0}, {3756, 45, 120, 80, 0, 0}, {5331, 4.9, 80, 60, 0.2, 40}, {7250, 3.6, 80, 60, 0.2, 40}}},
	{"ozone", hitran, []gasBand{{1042, 86, 16, 10, 0, 0}, {1103, 4, 0, 20, 0, 0}, {2110, 7, 16, 10, 0, 0}}},
	{"hydrogen chloride", benedict, []gasBand{{2886, 33, 80, 50, 0, 0}, {5668, 0.7, 80, 50, 0, 0}}},
	{"hydrogen sulfide", hitran, []gasBand{{1183, 0.4, 90, 70, 0, 0}, {2620, 0.3, 80, 60, 0, 0}, {3789, 0.5, 60, 50, 0, 0}, {6289, 0.3, 60, 50, 0, 0}}},
	{"phosphine", hitran, []gasBand{{992, 32, 60, 40, 0.2, 4}, {1118, 33, 60, 40, 0.2, 5}, {2324, 165, 55, 38, 0.2, 5}, {4600, 1, 55, 38, 0.1, 5}}},
	{"methanol", evaluated, []gasBand{{1034, 98, 26, 14, 0.3, 2.5}, {1345, 42, 0, 55, 0, 0}, {2844, 50, 0, 35, 0.15, 5}, {2960, 87, 0, 45, 0.1, 8}, {3681, 26, 24, 16, 0.25, 4}, {4380, 1.2, 0, 60, 0, 0}}},
	{"ethanol", evaluated, []gasBand{{885, 19, 12, 8, 0.25, 4}, {1066, 106, 12, 9, 0.35, 5}, {1028, 45, 0, 14, 0, 0}, {1242, 40, 0, 20, 0, 0}, {1394, 58, 0, 18, 0.2, 6}, {1450, 15, 0, 15, 0, 0}, {2900, 110, 0, 40, 0, 0}, {2985, 120, 0, 17, 0.2, 6}, {3670, 22, 16, 10, 0.2, 4}, {4390, 1.2, 0, 55, 0, 0}}},
	{"isopropyl alcohol", nist, []gasBand{{955, 37, 10, 9, 0.3, 3}, {1073, 39, 0, 14, 0, 0}, {1148, 51, 0, 17, 0.2, 5}, {1252, 30, 0, 20, 0, 0}, {1378, 59, 0, 15, 0.2, 5}, {1465, 10, 0, 15, 0, 0}, {2981, 125, 0, 17, 0.2, 6}, {2890, 43, 0, 25, 0, 0}, {3656, 17, 12, 8, 0.2, 4}}},
	{"acetone", nist, []gasBand{{892, 7.2, 8, 7, 0, 0}, {1092, 3.7, 0, 12, 0, 0}, {1216, 66, 8, 8, 0.35, 4}, {1364, 75, 0, 10, 0.3, 4}, {1435, 31, 0, 20, 0, 0}, {1738, 147, 9, 8, 0.3, 4}, {2990, 48, 0, 35, 0, 0}, {4410, 0.8, 0, 45, 0, 0}}},
	{"2-butanone", nist, []gasBand{{588, 4.3, 0, 8, 0, 0}, {945, 15.2, 0, 14, 0.2, 5}, {1174, 65, 9, 10, 0.3, 4}, {1366, 58, 0, 14, 0.2, 5}, {1425, 37, 0, 22, 0, 0}, {1743, 130, 9, 9, 0.3, 4}, {2900, 27, 0, 25, 0, 0}, {2980, 90, 0, 20, 0.2, 6}, {4390, 0.9, 0, 45, 0, 0}}},
	{"ethyl acetate", nist, []gasBand{{1058, 112, 9, 12, 0.3, 5}, {1098, 7, 0, 12, 0, 0}, {1241, 370, 8, 10, 0.4, 6}, {1377, 99, 0, 14, 0, 0}, {1450, 18, 0, 18, 0, 0}, {1763, 238, 8, 8, 0.3, 4}, {2990, 110, 0, 26, 0, 0}}},
	{"dichloromethane", nist, []gasBand{{713, 9, 8, 6, 0.2, 2}, {750, 124, 10, 8, 0.45, 4}, {1268, 31, 9, 6, 0.2, 2}, {3000, 7.2, 0, 20, 0, 0}}},
	{"benzene", coblentz, []gasBand{{673, 75, 16, 9, 0.45, 1.5}, {1037, 8, 15, 9, 0, 0}, {1486, 14, 15, 10, 0, 0}, {1811, 5.8, 0, 12, 0, 0}, {1954, 4, 0, 12, 0, 0}, {3065, 62, 0, 28, 0.1, 6}, {4070, 1, 0, 25, 0, 0}, {4620, 0.8, 0, 25, 0, 0}}},
	{"toluene", coblentz, []gasBand{{728, 66, 11, 9, 0.4, 2.5}, {694, 14, 0, 8, 0.3, 2}, {1038, 5, 0, 18, 0, 0}, {1082, 5, 0, 16, 0, 0}, {1495, 20, 0, 13, 0, 0}, {1605, 10, 0, 13, 0, 0}, {2935, 45, 0, 30, 0, 0}, {3045, 75, 0, 25, 0, 0}, {4060, 0.8, 0, 25, 0, 0}, {4350, 0.7, 0, 35, 0, 0}}},
	{"propane", bishop, []gasBand{{748, 4, 0, 20, 0, 0}, {1054, 1.5, 0, 18, 0, 0}, {1158, 1.5, 0, 18, 0, 0}, {1385, 12, 0, 20, 0, 0}, {1468, 23, 0, 16, 0.1, 5}, {2890, 90, 0, 22, 0, 0}, {2967, 190, 0, 18, 0.2, 5}, {4330, 1.5, 0, 45, 0, 0}, {5810, 0.6, 0, 50, 0, 0}}},
}

// perKmMol turns km/mol into cm⁻¹ of integrated absorbance (base e) per ppm·m at
// 296 K and 1 atm: 10⁵ cm/km times 10⁻⁴·p/(R·T) mol/cm² a ppm·m.
const perKmMol = 1e5 * 1e-6 * 101325 / (8.314462618 * 296) * 1e-4

// coefficient is the absorption per ppm·m at a wave number.
func (g gas) coefficient(nu float64) float64 {
	sum := 0.0
	for _, b := range g.bands {
		branches := b.strength * (1 - b.q)
		if b.spread > 0 {
			sum += branches / 2 * (gaussian(nu-b.centre+b.spread, b.width) + gaussian(nu-b.centre-b.spread, b.width))
		} else {
			sum += branches * gaussian(nu-b.centre, b.width)
		}
		if b.q > 0 {
			sum += b.strength * b.q * gaussian(nu-b.centre, b.qWidth)
		}
	}
	return sum * perKmMol
}

func gaussian(d, sigma float64) float64 {
	return math.Exp(-d*d/(2*sigma*sigma)) / (sigma * math.Sqrt(2*math.Pi))
}

// Library returns the built-in signatures, each over 1.3 to 20 µm.
func Library() []Signature {
	const from, to, step = 500.0, 7700.0, 1.0 // cm⁻¹
	all := make([]Signature, 0, len(gases))
	for _, g := range gases {
		s := Signature{Name: g.name, Kind: Absorption, Source: g.source}
		if c, err := vigia.ChemicalNamed(g.name); err == nil {
			s.CAS = c.CASNumber
		}
		for nu := to; nu >= from; nu -= step {
			s.Wavelength = append(s.Wavelength, 1e7/nu)
			s.Y = append(s.Y, g.coefficient(nu))
		}
		all = append(all, s)
	}
	sort.Slice(all, func(a, b int) bool { return all[a].Name < all[b].Name })
	return all
}
