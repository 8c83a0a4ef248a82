package area

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// Rows is everything a Tree is built from.
type Rows struct {
	Divisions []Division
	Areas     []Area
	Crosswalk []Step
}

// Step says that a leaf of one division became part of a leaf of another.
type Step struct {
	FromDivision, FromCode string
	ToDivision, ToCode     string
}

// ReadRows reads divisions.csv, areas.csv and crosswalk.csv. Columns are found
// by the name in the first line; every fault of a file is reported at once.
func ReadRows(files fs.FS) (Rows, error) {
	var rows Rows
	return rows, errors.Join(
		readCSV(files, "divisions.csv", func(r record) error {
			rows.Divisions = append(rows.Divisions, Division{
				Code: r.get("code"), Label: r.get("label_vi"), LabelEN: r.get("label_en"),
				ValidFrom: r.get("valid_from"), ValidTo: r.get("valid_to"),
				Default: r.get("default") == "yes",
				CellsOf: r.get("cells_of"), Outline: r.get("outline"),
			})
			return nil
		}),
		readCSV(files, "areas.csv", func(r record) error {
			a, err := readArea(r)
			rows.Areas = append(rows.Areas, a)
			return err
		}),
		readCSV(files, "crosswalk.csv", func(r record) error {
			rows.Crosswalk = append(rows.Crosswalk, Step{
				FromDivision: r.get("from_division"), FromCode: r.get("from_code"),
				ToDivision: r.get("to_division"), ToCode: r.get("to_code"),
			})
			return nil
		}),
	)
}

func readArea(r record) (Area, error) {
	lat, errLat := strconv.ParseFloat(r.get("lat"), 64)
	lon, errLon := strconv.ParseFloat(r.get("lon"), 64)
	a := Area{
		Division: r.get("division"), Code: r.get("code"), Parent: r.get("parent"),
		Level: Level(r.get("level")), Kind: r.get("kind_vi"), Name: r.get("name_vi"),
		NameEN: r.get("name_en"), Centre: Point{Lat: lat, Lon: lon},
	}
	a.Folded = Fold(a.Title())
	if text := r.get("aliases"); text != "" {
		a.Aliases = strings.Split(text, "|")
	}
	return a, errors.Join(errLat, errLon)
}

// record is a line of a table, its fields found by column name.
type record struct {
	columns map[string]int
	fields  []string
}

func (r record) get(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.fields[i])
}

func readCSV(files fs.FS, name string, each func(record) error) error {
	f, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("open table: %w", err)
	}
	defer f.Close()
	table := csv.NewReader(f)
	header, err := table.Read()
	if err != nil {
		return fmt.Errorf("read first line of %s: %w", name, err)
	}
	r := record{columns: make(map[string]int, len(header))}
	for i, column := range header {
		r.columns[strings.TrimPrefix(column, "\ufeff")] = i
	}
	var faults []error
	for {
		r.fields, err = table.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(faults...)
		}
		if err != nil {
			return errors.Join(append(faults, fmt.Errorf("read %s: %w", name, err))...)
		}
		if err := each(r); err != nil {
			line, _ := table.FieldPos(0)
			faults = append(faults, fmt.Errorf("read %s line %d: %w", name, line, err))
		}
	}
}
