package report

import (
	"math"
	"time"
)

// The Vietnamese lunar calendar, computed for UTC+7 as the law has it: a month begins on the day of the new
// moon, the eleventh month holds the winter solstice, and of thirteen months from solstice to solstice the
// first without a major solar term is the leap one. New moons and the sun's longitude follow J. Meeus,
// Astronomical Algorithms, chapters 49 and 25, good to a few minutes here.

// vietnam is the offset in which the lunar calendar counts its days, whatever zone the server is set to.
const vietnam = 7 * 3600

// lunarDate is the civil day of a day of a lunar year; month is 1 to 10 and not a leap one.
func lunarDate(year, month, day int) Date {
	eleventh := solsticeMonth(year - 1)
	offset := month + 1
	if leap := leapAfter(eleventh, solsticeMonth(year)); leap > 0 && leap <= offset {
		offset++
	}
	return civil(newMoonDay(eleventh+offset) + day - 1)
}

// solsticeMonth is the lunation in which the winter solstice of a civil year falls.
func solsticeMonth(year int) int {
	solstice := dayNumber(Date{year, time.December, 19})
	for solarSector(solstice+1) < 9 {
		solstice++
	}
	k := int(math.Round((float64(year) + 0.97 - 2000) * 12.3685))
	for newMoonDay(k) > solstice {
		k--
	}
	for newMoonDay(k+1) <= solstice {
		k++
	}
	return k
}

// leapAfter is how many months after the eleventh one the leap month comes; 0 when there is none before the
// next eleventh month.
func leapAfter(eleventh, next int) int {
	if next-eleventh != 13 {
		return 0
	}
	for i := 1; i < 13; i++ {
		if solarSector(newMoonDay(eleventh+i)) == solarSector(newMoonDay(eleventh+i+1)) {
			return i
		}
	}
	return 0
}

// solarSector is which twelfth of the ecliptic, 0 from the spring equinox, holds the sun when a day begins in
// Vietnam. Days are counted from 1 January 1970.
func solarSector(day int) int {
	t := centuries(float64(day)*86400 - vietnam)
	mean := 280.46646 + 36000.76983*t + 0.0003032*t*t
	anomaly := 357.52911 + 35999.05029*t - 0.0001537*t*t
	centre := (1.914602-0.004817*t-0.000014*t*t)*sin(anomaly) + (0.019993-0.000101*t)*sin(2*anomaly) + 0.000289*sin(3*anomaly)
	apparent := mean + centre - 0.00569 - 0.00478*sin(125.04-1934.136*t)
	return int(math.Mod(math.Mod(apparent, 360)+360, 360) / 30)
}

// newMoonDay is the day in Vietnam on which lunation k (0 is that of 6 January 2000) begins.
func newMoonDay(k int) int {
	n := float64(k)
	t := n / 1236.85
	jde := 2451550.09766 + 29.530588861*n + 0.00015437*t*t - 0.000000150*t*t*t
	e := 1 - 0.002516*t - 0.0000074*t*t
	sun := 2.5534 + 29.10535670*n - 0.0000014*t*t
	moon := 201.5643 + 385.81693528*n + 0.0107582*t*t + 0.00001238*t*t*t
	node := 160.7108 + 390.67050284*n - 0.0016118*t*t
	omega := 124.7746 - 1.56375588*n + 0.0020672*t*t
	jde += -0.40720*sin(moon) + 0.17241*e*sin(sun) + 0.01608*sin(2*moon) + 0.01039*sin(2*node) +
		0.00739*e*sin(moon-sun) - 0.00514*e*sin(moon+sun) + 0.00208*e*e*sin(2*sun) - 0.00111*sin(moon-2*node) -
		0.00057*sin(moon+2*node) + 0.00056*e*sin(2*moon+sun) - 0.00042*sin(3*moon) + 0.00042*e*sin(sun+2*node) +
		0.00038*e*sin(sun-2*node) - 0.00024*e*sin(2*moon-sun) - 0.00017*sin(omega) +
		0.000325*sin(299.77+0.107408*n-0.009173*t*t) + 0.000165*sin(251.88+0.016321*n) + 0.000164*sin(251.83+26.651886*n)
	const lag = 70 // seconds by which dynamical time runs ahead of universal time in these years
	return int(math.Floor(((jde-2440587.5)*86400 - lag + vietnam) / 86400))
}

// centuries is the time since J2000 of a Unix time.
func centuries(unix float64) float64 { return (unix/86400 + 2440587.5 - 2451545) / 36525 }

func sin(degrees float64) float64 { return math.Sin(degrees * math.Pi / 180) }

func dayNumber(d Date) int {
	return int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func civil(day int) Date { return DateOf(time.Unix(int64(day)*86400, 0).UTC()) }
