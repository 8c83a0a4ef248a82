package replaying

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

//go:embed categories.csv
var matters string

// ReadCategories reads a table of two columns: what a file calls a matter, and
// the code of a category. The first line names them.
func ReadCategories(r io.Reader) (map[string]string, error) {
	table := csv.NewReader(r)
	table.FieldsPerRecord = 2
	lines, err := table.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	categories := make(map[string]string, len(lines))
	for _, line := range lines[min(1, len(lines)):] {
		categories[folded(line[0])] = strings.TrimSpace(line[1])
	}
	return categories, nil
}

func folded(matter string) string { return strings.ToLower(strings.TrimSpace(matter)) }

// categoriser maps matters to categories: the user's own table first, then what
// is known of other cities, then the rest.
type categoriser struct {
	own, known map[string]string
}

func newCategoriser(own map[string]string) (categoriser, error) {
	known, err := ReadCategories(strings.NewReader(matters))
	if err != nil {
		return categoriser{}, err
	}
	c := categoriser{own: make(map[string]string, len(own)), known: known}
	for matter, category := range own {
		c.own[folded(matter)] = category
	}
	return c, nil
}

func (c categoriser) category(matter string) string {
	for _, found := range []string{c.own[folded(matter)], c.known[folded(matter)], c.own["*"]} {
		if found != "" {
			return found
		}
	}
	return DefaultCategory
}
