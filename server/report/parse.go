package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ParseCategories reads categories.csv: code,name,clock,accept,assign,resolve,unit,priority,share.
func ParseCategories(r io.Reader) ([]Category, error) {
	var all []Category
	seen := map[string]bool{}
	err := eachRow(r, "code,name,clock,accept,assign,resolve,unit,priority,share", func(row []string) error {
		c, err := parseCategory(row)
		if err == nil && seen[c.Code] {
			err = fmt.Errorf("category %q stands twice", c.Code)
		}
		seen[c.Code] = true
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	return all, nil
}

func parseCategory(row []string) (Category, error) {
	c := Category{Code: row[0], Name: row[1], Clock: Clock(row[2]), Unit: row[6], Priority: Priority(row[7])}
	if c.Code == "" || c.Name == "" {
		return c, fmt.Errorf("a category needs a code and a name")
	}
	if c.Clock != WorkingTime && c.Clock != ClockTime {
		return c, fmt.Errorf("category %s: clock %q is neither working nor clock", c.Code, row[2])
	}
	if c.Priority.Label() == "" {
		return c, fmt.Errorf("category %s: unknown priority %q", c.Code, row[7])
	}
	for i, to := range []*Limit{&c.Accept, &c.Assign, &c.Resolve} {
		l, err := parseLimit(row[3+i], c.Clock)
		if err != nil {
			return c, fmt.Errorf("category %s: %w", c.Code, err)
		}
		*to = l
	}
	share, err := strconv.ParseFloat(row[8], 64)
	if err != nil || !(share >= 0 && share <= 1) {
		return c, fmt.Errorf("category %s: share %q is not between 0 and 1", c.Code, row[8])
	}
	c.Share = share
	return c, nil
}

// parseLimit reads "30m", "4h" or "3d".
func parseLimit(text string, clock Clock) (Limit, error) {
	const most = 10_000
	if len(text) < 2 {
		return Limit{}, fmt.Errorf("limit %q: want a number and m, h or d", text)
	}
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil || n < 1 || n > most {
		return Limit{}, fmt.Errorf("limit %q: want a number from 1 to %d and m, h or d", text, most)
	}
	switch text[len(text)-1] {
	case 'm':
		return Limit{Clock: clock, Time: time.Duration(n) * time.Minute}, nil
	case 'h':
		return Limit{Clock: clock, Time: time.Duration(n) * time.Hour}, nil
	case 'd':
		return Limit{Clock: clock, Days: n}, nil
	}
	return Limit{}, fmt.Errorf("limit %q: want m, h or d at its end", text)
}

// ParseUnits reads units.csv: id,name.
func ParseUnits(r io.Reader) ([]Unit, error) {
	var all []Unit
	err := eachRow(r, "id,name", func(row []string) error {
		if row[0] == "" || row[1] == "" {
			return fmt.Errorf("a unit needs an id and a name")
		}
		all = append(all, Unit{ID: row[0], Name: row[1]})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return all, nil
}

// ParseHolidays reads holidays.csv: date,day,name,source. Day is off or work, source official or expected.
func ParseHolidays(r io.Reader) ([]Holiday, error) {
	var all []Holiday
	err := eachRow(r, "date,day,name,source", func(row []string) error {
		at, err := time.Parse(time.DateOnly, row[0])
		if err != nil {
			return fmt.Errorf("date %q: want year-month-day", row[0])
		}
		if row[1] != "off" && row[1] != "work" {
			return fmt.Errorf("date %s: %q is neither off nor work", row[0], row[1])
		}
		if row[3] != "official" && row[3] != "expected" {
			return fmt.Errorf("date %s: %q is neither official nor expected", row[0], row[3])
		}
		all = append(all, Holiday{Date: DateOf(at), Works: row[1] == "work", Name: row[2], Expected: row[3] == "expected"})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read holidays: %w", err)
	}
	return all, nil
}

// eachRow reads a CSV file whose first line must be header, and hands on every other line.
func eachRow(r io.Reader, header string, take func([]string) error) error {
	rows := csv.NewReader(r)
	first, err := rows.Read()
	if err != nil {
		return fmt.Errorf("read the first line: %w", err)
	}
	if got := strings.Join(first, ","); got != header {
		return fmt.Errorf("the first line is %q, want %q", got, header)
	}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(row); err != nil {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}
