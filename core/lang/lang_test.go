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
