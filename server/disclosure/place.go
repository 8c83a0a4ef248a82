package disclosure

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"time"
)

// Square is how wide, in metres, the squares are by whose middle a place is told.
const Square = 500

// metresPerDegree is that of a meridian.
const metresPerDegree = 111_320

// Coarse is the middle of the square of 500 m in which a point lies. Squares stand in rows from the equator on, so that the
// same place always lies in the same one.
func Coarse(lat, lon float64) (float64, float64) {
	high := Square / float64(metresPerDegree)
	middle := (math.Floor(lat/high) + 0.5) * high
	wide := high / math.Max(math.Cos(middle*math.Pi/180), 0.01)
	return round(middle), round((math.Floor(lon/wide) + 0.5) * wide)
}

// Middle is the middle of a square, in degrees.
type Middle struct{ Lat, Lon float64 }

// Around are the middles of the square of a point and of the eight beside it.
func Around(lat, lon float64) []Middle {
	const high = Square / float64(metresPerDegree)
	var list []Middle
	for _, dy := range []float64{-1, 0, 1} {
		y, _ := Coarse(lat+dy*high, lon)
		wide := high / math.Max(math.Cos(y*math.Pi/180), 0.01)
		for _, dx := range []float64{-1, 0, 1} {
			_, x := Coarse(y, lon+dx*wide)
			list = append(list, Middle{y, x})
		}
	}
	return list
}

// round leaves five decimals, about a metre.
func round(x float64) float64 { return math.Round(x*1e5) / 1e5 }

// Batch is how often facts of single reports leave.
const Batch = 15 * time.Minute

// Quarter is an instant as everybody is told it: the quarter hour in which it lies.
func Quarter(t time.Time) time.Time { return t.UTC().Truncate(Batch) }

// Places says of which categories the square of a report may be told; of all others only the commune.
type Places map[string]bool

// Squared are the categories whose square may be told.
func (p Places) Squared() []string {
	list := []string{}
	for code, square := range p {
		if square {
			list = append(list, code)
		}
	}
	return list
}

// The places of places.csv.
const (
	placeSquare  = "grid"
	placeCommune = "commune"
)

// ParsePlaces reads a table of categories and places: category,place,sample,note. A line of the sample says so, until the
// province decided for itself.
func ParsePlaces(r io.Reader) (Places, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	const columns = 4
	if len(rows) == 0 || len(rows[0]) != columns || rows[0][0] != "category" || rows[0][1] != "place" {
		return nil, fmt.Errorf("places: want the columns category,place,sample,note")
	}
	places := Places{}
	for n, row := range rows[1:] {
		if _, twice := places[row[0]]; twice || row[0] == "" {
			return nil, fmt.Errorf("places: line %d: category %q is empty or there twice", n+2, row[0])
		}
		if row[1] != placeSquare && row[1] != placeCommune {
			return nil, fmt.Errorf("places: line %d: place %q is neither %s nor %s", n+2, row[1], placeSquare, placeCommune)
		}
		places[row[0]] = row[1] == placeSquare
	}
	return places, nil
}
