package report

import "time"

// Date is a day of the civil calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Holiday is a day on which offices do not work, or a Saturday or Sunday on which they do.
type Holiday struct {
	Date     Date
	Name     string
	Works    bool // a day worked in exchange for another
	Expected bool // computed; the government has not announced that year yet
}

// Calendar knows the hours offices work. It is immutable.
type Calendar struct {
	version int
	loc     *time.Location
	days    map[Date]Holiday
}
