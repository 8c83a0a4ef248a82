package disclosing

import (
	"context"
	"time"

	"toancanh/server/disclosure"
	"toancanh/server/kpi"
	"toancanh/server/store"
)

// rate tells how well units and areas did: how they replied to what came in the newest span, and what came of all of the newest
// that ended long enough ago, beside the cells that tell of weeks.
func (t *Teller) rate(ctx context.Context, at time.Time, cells []disclosure.Cell) error {
	first, err := t.Store.FirstCase(ctx, t.Division)
	if err != nil {
		return err
	}
	now := at.In(t.Location)
	newest, ok := kpi.Newest(now, first)
	if !ok {
		return t.Store.TellRates(ctx, store.RatePeriods{}, nil)
	}
	told := store.RatePeriods{Newest: periodOf(newest, newest.Replies())}
	ripe, ok := kpi.NewestRipe(now, first)
	if ok {
		told.Ripe = periodOf(ripe, ripe.Results())
	}
	same := ok && ripe.From.Equal(newest.From)
	list, err := t.rates(ctx, newest, disclosure.Asked{Replies: true, Results: same}, cells)
	if err != nil {
		return err
	}
	if ok && !same {
		more, err := t.rates(ctx, ripe, disclosure.Asked{Results: true}, cells)
		if err != nil {
			return err
		}
		list = append(list, more...)
	}
	return t.Store.TellRates(ctx, told, list)
}

func periodOf(s kpi.Span, counted time.Time) store.RatePeriod {
	return store.RatePeriod{From: s.From, Until: s.Until.AddDate(0, 0, -1), At: counted}
}

func (t *Teller) rates(ctx context.Context, span kpi.Span, asked disclosure.Asked, cells []disclosure.Cell) ([]disclosure.Rate, error) {
	cases, err := t.Store.Cases(ctx, t.Division, span)
	if err != nil {
		return nil, err
	}
	alone := disclosure.Alone(cells, wall(span.From, t.Location), wall(span.Until, t.Location).AddDate(0, 0, -1))
	return t.Ground.Rates(perform(cases, span), asked, alone), nil
}

// perform sums cases by commune and unit.
func perform(cases []kpi.Case, span kpi.Span) []disclosure.Performed {
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
		list[i].Rates = list[i].Plus(c.Count(span))
	}
	return list
}
