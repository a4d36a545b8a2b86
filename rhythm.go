package vigia

import "time"

// A Rhythm is what comes and goes at a site, as far as it was watched.
type Rhythm struct {
	Site    ID        `json:"site"`
	From    time.Time `json:"from"` // of the first hour that was watched
	To      time.Time `json:"to"`   // of the last
	Watched float64   `json:"watched_h"`
	Visits  int       `json:"visits"`

	// Hours counts visits and watched hours for each hour of the week, Monday
	// from midnight first: 168 of them, in Zone.
	Zone  string     `json:"zone"`
	Hours []WeekHour `json:"hours"`

	Recurring []Recurrence `json:"recurring,omitempty"`
	Together  []Together   `json:"together,omitempty"`
	Unusual   []Unusual    `json:"unusual,omitempty"`
}

// A WeekHour is one hour of the week over all the weeks that were watched.
type WeekHour struct {
	Visits  int     `json:"visits"`
	Watched float64 `json:"watched_h"`
	Usual   float64 `json:"usual"` // visits an hour that the site's rate expects there
}

// Words say one thing in the languages of the house.
type Words struct {
	English string `json:"en"`
	Spanish string `json:"es"`
}

// A Days is a set of days of the calendar on which visits recur.
type Days string

// The sets. A weekday's own is its English name in lower case.
const (
	EveryDay     Days = "every_day"
	MondayFriday Days = "monday_to_friday"
	Weekends     Days = "weekends"
	EverySecond  Days = "every_2_days"
	EveryThird   Days = "every_3_days"
)

// A Recurrence is a time of some days at which visits come again and again,
// more often than the rest of the record explains.
type Recurrence struct {
	Days      Days          `json:"days"`
	FromMin   int           `json:"from_min"` // minutes from midnight
	ToMin     int           `json:"to_min"`
	Seen      int           `json:"seen"`      // watched days on which there was a visit then
	Watched   int           `json:"watched"`   // days on which that time was watched
	Expected  float64       `json:"expected"`  // such days if it were as at other times
	Chance    float64       `json:"chance"`    // probability of as many by chance, of any of the patterns looked for
	AtMin     float64       `json:"at_min"`    // mean time of the day
	AtSDMin   float64       `json:"at_sd_min"` // its standard deviation
	Shortest  time.Duration `json:"shortest_ns,omitempty"`
	Longest   time.Duration `json:"longest_ns,omitempty"` // of the known dwells; 0: none is known
	Sentences Words         `json:"sentences"`
}

// A Together is a joint pattern: one class of vehicle, and soon after it others.
type Together struct {
	First     string        `json:"first"` // class; "" is not known
	Then      string        `json:"then"`
	Count     int           `json:"count"` // of Then, at least
	Within    time.Duration `json:"within_ns"`
	Seen      int           `json:"seen"`
	Of        int           `json:"of"`       // visits of First whose Within was watched
	Expected  float64       `json:"expected"` // if they came without regard to each other
	Chance    float64       `json:"chance"`
	Sentences Words         `json:"sentences"`
}

// An Unusual is a time in which more or fewer came than the site's own hours
// and days explain.
type Unusual struct {
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Visits      int       `json:"visits"`
	Expected    float64   `json:"expected"`
	Probability float64   `json:"probability"` // that the site was in its other state
	Sentences   Words     `json:"sentences"`
}

// A LoadingSign is what looks as loading and unloading do.
type LoadingSign string

// The signs.
const (
	LongStay   LoadingSign = "long_stay"   // far longer than the site's other stays
	ShortStops LoadingSign = "short_stops" // of one class, in a row
)

// A Loading is a time in which a site was visited as for loading or unloading.
type Loading struct {
	Sign      LoadingSign   `json:"sign"`
	Class     string        `json:"class"` // of vehicle; "" is not known
	From      time.Time     `json:"from"`  // first arrival
	To        time.Time     `json:"to"`    // last departure
	Visits    int           `json:"visits"`
	Shortest  time.Duration `json:"shortest_ns"`
	Longest   time.Duration `json:"longest_ns"`
	Usual     time.Duration `json:"usual_ns,omitempty"` // geometric mean of the shorter stays; of a long stay
	Expected  float64       `json:"expected,omitempty"` // visits by the rate of other times; of short stops
	Chance    float64       `json:"chance"`             // probability of as much by chance, of all that were tried
	Sentences Words         `json:"sentences"`
}
