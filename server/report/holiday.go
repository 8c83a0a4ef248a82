package report

import (
	"slices"
	"time"
)

// StatutoryHolidays computes the days off of a year from the Labour Code 2019, articles 111 (a holiday on a
// weekend is made up on the next working day) and 112 (which days), with the choices the government has made
// each year since 2022: two days before Tết and its first three; beside 2/9 the day that makes the longer
// weekend. They are marked Expected. Days worked in exchange are decided year by year and are not computed.
func StatutoryHolidays(year int) []Holiday {
	var named []Holiday
	add := func(d Date, name string) { named = append(named, Holiday{Date: d, Name: name, Expected: true}) }
	add(Date{year, time.January, 1}, "Tết Dương lịch")
	tet := lunarDate(year, 1, 1)
	for n := -2; n < 3; n++ {
		add(tet.AddDays(n), "Tết Nguyên đán")
	}
	add(lunarDate(year, 3, 10), "Giỗ Tổ Hùng Vương")
	add(Date{year, time.April, 30}, "Ngày Chiến thắng")
	add(Date{year, time.May, 1}, "Ngày Quốc tế lao động")
	national := Date{year, time.September, 2}
	add(national, "Quốc khánh")
	add(besideNational(national), "Quốc khánh")
	if year >= 2026 {
		add(Date{year, time.November, 24}, "Ngày Văn hóa Việt Nam")
	}
	return withMadeUp(named)
}

// besideNational is the second day off of the National Day.
func besideNational(d Date) Date {
	switch d.Weekday() {
	case time.Sunday, time.Monday, time.Thursday:
		return d.AddDays(1)
	default:
		return d.AddDays(-1)
	}
}

// withMadeUp adds a day off for each holiday that falls on a weekend, and sorts all of them.
func withMadeUp(named []Holiday) []Holiday {
	sortHolidays(named)
	off := map[Date]bool{}
	for _, h := range named {
		off[h.Date] = true
	}
	all := slices.Clone(named)
	for _, h := range named {
		if !weekend(h.Date) {
			continue
		}
		d := h.Date
		for weekend(d) || off[d] {
			d = d.AddDays(1)
		}
		off[d] = true
		all = append(all, Holiday{Date: d, Name: "Nghỉ bù " + h.Name, Expected: true})
	}
	sortHolidays(all)
	return all
}

func weekend(d Date) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

func sortHolidays(hs []Holiday) {
	slices.SortStableFunc(hs, func(a, b Holiday) int { return dayNumber(a.Date) - dayNumber(b.Date) })
}
