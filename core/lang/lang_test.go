package lang

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vigia-project/vigia"
)

// Every phrase is said in every language, with the same verbs in the same order.
func TestPhrasesAreComplete(t *testing.T) {
	verbs := regexp.MustCompile(`%[^a-z%]*[a-z%]`) // a % and all up to its letter
	for key, by := range phrases {
		want := strings.Join(verbs.FindAllString(by[English], -1), " ")
		for _, tag := range Tags() {
			if by[tag] == "" {
				t.Errorf("%q is not said in %s", key, tag)
			}
			if got := strings.Join(verbs.FindAllString(by[tag], -1), " "); got != want {
				t.Errorf("%q in %s has the verbs %s, in English %s", key, tag, got, want)
			}
		}
	}
}

func TestChemicalsHaveSpanishNames(t *testing.T) {
	for _, name := range vigia.ChemicalNames() {
		if chemicals[name] == "" {
			t.Errorf("%s has no Spanish name", name)
		}
	}
}

func TestWithheld(t *testing.T) {
	for _, c := range []struct {
		held   vigia.Withheld
		en, es string
	}{
		{vigia.Withheld{What: vigia.WithheldPlace, Number: 10}, "The place is moved to a grid of 10 m.", "El lugar se ha desplazado a una cuadrícula de 10 m."},
		{vigia.Withheld{What: vigia.WithheldRate}, "The rate of emission is withheld.", "La tasa de emisión no se comunica."},
		{vigia.Withheld{What: vigia.WithheldBuildings}, "The buildings are withheld.", "Los edificios no se comunican."},
		{vigia.Withheld{What: vigia.WithheldUnlikely, Number: 7, Limit: .05}, "Buildings of a probability below 5 % are withheld (7 of them).", "No se comunican los edificios con una probabilidad inferior al 5 % (son 7)."},
	} {
		if got := Withheld(c.held, English); got != c.en {
			t.Errorf("got %q, want %q", got, c.en)
		}
		if got := Withheld(c.held, Spanish); got != c.es {
			t.Errorf("got %q, want %q", got, c.es)
		}
	}
}

func TestRelease(t *testing.T) {
	rate := 1.36
	r := vigia.Release{
		Chemical: "acetone", PrecisionM: 18, Flights: 2, RateKgH: &rate,
		FirstSeen: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), LastSeen: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC),
		Places: []vigia.BuildingProbability{{ID: "a", Probability: .5}, {ID: "b", Probability: .3}, {ID: "c", Probability: .1}},
	}
	for tag, want := range map[Tag]string{
		English: "Vapour of acetone comes from within 18 m of the marked place. Seen on 2 flights between 2026-03-01 12:00 and 2026-03-02 09:30 UTC. The estimated rate is 1.4 kg/h. It is one of these 3 buildings with 90 % probability. It is not certain which: verify before you act.",
		Spanish: "El vapor de acetona procede de menos de 18 m del lugar marcado. Observado en 2 vuelos entre 2026-03-01 12:00 y 2026-03-02 09:30 UTC. La tasa estimada es de 1.4 kg/h. Es uno de estos 3 edificios con una probabilidad del 90 %. No es seguro cuál: verifique antes de actuar.",
	} {
		if got := Release(r, tag); got != want {
			t.Errorf("%s:\n got %s\nwant %s", tag, got, want)
		}
	}
}

func TestRhythm(t *testing.T) {
	for _, c := range []struct {
		got    vigia.Words
		en, es string
	}{
		{Recurrence(vigia.Recurrence{Days: vigia.EveryDay, FromMin: 1200, ToMin: 1230, Seen: 5, Watched: 9, Expected: 0.4, Chance: 0.02, AtMin: 1211.6,
			Shortest: 8 * time.Minute, Longest: 15 * time.Minute}),
			"Visits every day between 20:00 and 20:30, of 8–15 min: on 5 of 9 watched days, about 20:12; by the other hours it would be 0.4; chance 2.0 %.",
			"Visitas todos los días entre las 20:00 y las 20:30, de 8–15 min: en 5 de 9 días vigilados, hacia las 20:12; según las demás horas serían 0.4; azar 2.0 %."},
		{Recurrence(vigia.Recurrence{Days: "tuesday", FromMin: 30, ToMin: 60, Seen: 8, Watched: 8, Expected: 0.1, Chance: 1e-7, AtMin: 45}),
			"Visits on Tuesdays between 00:30 and 01:00: on 8 of 8 watched days, about 00:45; by the other hours it would be 0.1; chance below 0.1 %.",
			"Visitas los martes entre las 00:30 y las 01:00: en 8 de 8 días vigilados, hacia las 00:45; según las demás horas serían 0.1; azar inferior al 0.1 %."},
		{Together(vigia.Together{First: "van", Then: "car", Count: 2, Within: time.Hour, Seen: 6, Of: 7, Expected: 0.8, Chance: 0.004}),
			"After “van”, at least 2 of “car” within 60 min: 6 of 7 times; without a tie it would be 0.8; chance 0.4 %.",
			"Tras «van», al menos 2 de «car» en menos de 60 min: 6 de 7 veces; sin relación serían 0.8; azar 0.4 %."},
		{Loading(vigia.Loading{Sign: vigia.LongStay, From: time.Date(2026, 3, 1, 22, 5, 0, 0, time.UTC), Visits: 1, Longest: 95 * time.Minute, Usual: 9 * time.Minute, Chance: 0.004}),
			"A vehicle stayed 95 min from 2026-03-01 22:05 UTC, as for loading: the shorter stays here take about 9 min; chance 0.4 %.",
			"Un vehículo permaneció 95 min desde el 2026-03-01 22:05 UTC, como para cargar o descargar: las estancias más cortas aquí duran unos 9 min; azar 0.4 %."},
		{Loading(vigia.Loading{Sign: vigia.ShortStops, Class: "van", From: time.Date(2026, 3, 1, 22, 5, 0, 0, time.UTC), To: time.Date(2026, 3, 1, 23, 40, 0, 0, time.UTC),
			Visits: 5, Shortest: 2 * time.Minute, Longest: 8 * time.Minute, Expected: 0.2, Chance: 1e-5}),
			"5 short stops of “van”, of 2–8 min, from 2026-03-01 22:05 to 2026-03-01 23:40 UTC, as for loading: at other times it would be 0.2; chance below 0.1 %.",
			"5 paradas cortas de «van», de 2–8 min, del 2026-03-01 22:05 al 2026-03-01 23:40 UTC, como para cargar o descargar: en otros momentos serían 0.2; azar inferior al 0.1 %."},
		{Unusual(vigia.Unusual{From: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC), Visits: 9, Expected: 1.6, Probability: 0.98}),
			"More came than usual from 2026-03-01 12:00 to 2026-03-01 18:00 UTC: 9 visits where 1.6 are usual (98 % sure).",
			"Llegaron más que de costumbre del 2026-03-01 12:00 al 2026-03-01 18:00 UTC: 9 visitas donde lo habitual son 1.6 (seguridad del 98 %)."},
	} {
		if c.got.English != c.en || c.got.Spanish != c.es {
			t.Errorf("got  %s\nwant %s\ngot  %s\nwant %s", c.got.English, c.en, c.got.Spanish, c.es)
		}
	}
}

// Every set of days has its words.
func TestDaysAreComplete(t *testing.T) {
	for _, d := range []vigia.Days{vigia.EveryDay, vigia.MondayFriday, vigia.Weekends, vigia.EverySecond, vigia.EveryThird} {
		for _, tag := range Tags() {
			if days[d][tag] == "" {
				t.Errorf("%s has no words in %s", d, tag)
			}
		}
	}
	for w := range 7 {
		if d := vigia.Days(strings.ToLower(time.Weekday(w).String())); days[d][English] == "" || days[d][Spanish] == "" {
			t.Errorf("%s has no words", d)
		}
	}
}
