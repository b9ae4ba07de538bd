package zikr

import "time"

// Bounds is how far what clients make grow may grow, as far as the use cases hold it. A field
// that is 0 has the default of the table of bounds. What each is counted by stands in the table of bounds.
type Bounds struct {
	OpenHatms     int64 // hatms of a group that are open at once, those counted that were opened again
	Loginless     int64 // members of a group who have no login
	LoginlessMade int64 // such members that were ever made in a group, those who left counted
	Shares        int64 // share-outs in a group on one day (UTC)
	// Met is told of each bound that was met, by its name in the table.
	Met func(bound string)
}

func (b Bounds) withDefaults() Bounds {
	for field, usual := range map[*int64]int64{&b.OpenHatms: 40, &b.Loginless: 200, &b.LoginlessMade: 1000, &b.Shares: 100} {
		if *field == 0 {
			*field = usual
		}
	}
	return b
}

func (b *Bounds) met(bound string) {
	if b.Met != nil {
		b.Met(bound)
	}
}

// boundPause is when to try again what met a bound that only people can make room in.
const boundPause = time.Hour
