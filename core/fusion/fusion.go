// Package fusion joins what single flights say into sites: pure rules from
// evidence to a place that several looks agree on.
package fusion

import "github.com/vigia-project/vigia"

// Fuse joins the sources of posterior p with the sites already known and
// returns the sites whose content changed, by ID. sites are those of p's
// chemical that could be concerned (others are passed over); they are not
// altered.
func Fuse(sites []vigia.Site, p vigia.Posterior) (changed []vigia.Site) {
	return nil
}
