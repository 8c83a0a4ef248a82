package report

import (
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Load reads a province's rules from categories.csv, units.csv and holidays.csv; days and office hours are those of
// loc. Units are the departments that act.
func Load(files fs.FS, loc *time.Location) (*Rulebook, []Unit, error) {
	categories, err := parseFile(files, "categories.csv", ParseCategories)
	if err != nil {
		return nil, nil, err
	}
	units, err := parseFile(files, "units.csv", ParseUnits)
	if err != nil {
		return nil, nil, err
	}
	holidays, err := parseFile(files, "holidays.csv", ParseHolidays)
	if err != nil {
		return nil, nil, err
	}
	book, err := NewRulebook(Rules{Version: 1, Categories: categories, Calendar: NewCalendar(1, loc, holidays)})
	return book, units, err
}

func parseFile[T any](files fs.FS, name string, parse func(io.Reader) (T, error)) (T, error) {
	var none T
	f, err := files.Open(name)
	if err != nil {
		return none, fmt.Errorf("open %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	parsed, err := parse(f)
	if err != nil {
		return none, fmt.Errorf("read %s: %w", name, err)
	}
	return parsed, nil
}
