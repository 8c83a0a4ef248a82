package disclosing

import (
	"context"
	"time"

	"toancanh/server/disclosure"
	"toancanh/server/kpi"
	"toancanh/server/store"
)

// rate tells how well units and areas did with what came in the last full quarter. Before that is long enough ago only
// what was accepted and replied is told.
func (t *Teller) rate(ctx context.Context, at time.Time) error {
	from, until := kpi.Quarter(at.In(t.Location))
	cases, err := t.Store.Cases(ctx, t.Division, from, until)
	if err != nil {
		return err
	}
	p := store.RatePeriod{From: from, Until: until.AddDate(0, 0, -1), Mature: !at.Before(until.Add(kpi.Ripe)), At: at}
	return t.Store.TellRates(ctx, p, t.Ground.Rates(perform(cases, at, p.Mature)))
}

// perform sums cases by commune and unit. Of a cohort that is too young nobody knows yet what stands.
func perform(cases []kpi.Case, now time.Time, mature bool) []disclosure.Performed {
	index := map[[2]string]int{}
	var list []disclosure.Performed
	for _, c := range cases {
		key := [2]string{c.Area, c.Unit}
		i, ok := index[key]
		if !ok {
			i = len(list)
			index[key] = i
			list = append(list, disclosure.Performed{Area: c.Area, Unit: c.Unit})
		}
		n := c.Count(now)
		if !mature {
			n = kpi.Rates{Accepted: n.Accepted, Due: n.Due, Met: n.Met}
		}
		list[i].Rates = list[i].Plus(n)
	}
	return list
}
