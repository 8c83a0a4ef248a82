package replaying

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// table is a file as lines of named cells.
type table struct {
	name    string
	columns []string
	rows    []row
	broken  []refusal // lines that are no lines of a table
	cut     bool      // the file is longer than the limit
}

// row is one line. Its cells are in the order of the table's columns.
type row struct {
	line  int
	cells []string
}

// readTable reads CSV with a header, or JSON: an array of flat objects, also
// inside an object as its only list.
func readTable(r io.Reader, limit int) (*table, error) {
	in := bufio.NewReader(r)
	if mark, _ := in.Peek(3); bytes.Equal(mark, []byte("\ufeff")) {
		_, _ = in.Discard(3)
	}
	for {
		first, err := in.Peek(1)
		if err != nil {
			return nil, fmt.Errorf("read: %w", err)
		}
		switch first[0] {
		case ' ', '\t', '\r', '\n':
			_, _ = in.Discard(1)
		case '[', '{':
			return readJSON(in, limit)
		default:
			return readCSV(in, limit)
		}
	}
}

func readCSV(r io.Reader, limit int) (*table, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.LazyQuotes = true
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("read the line of column names: %w", err)
	}
	t := &table{}
	for _, name := range header {
		t.columns = append(t.columns, strings.TrimSpace(name))
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		var fault *csv.ParseError
		switch {
		case errors.As(err, &fault):
			t.broken = append(t.broken, refusal{fault.StartLine, "line", Malformed, fault.Err.Error()})
			continue
		case err != nil:
			return nil, fmt.Errorf("read lines: %w", err)
		case len(t.rows)+len(t.broken) >= limit:
			t.cut = true
			return t, nil
		}
		line, _ := in.FieldPos(0)
		t.add(line, cells)
	}
}

// add checks a line's shape and keeps it.
func (t *table) add(line int, cells []string) {
	if len(cells) != len(t.columns) {
		why := fmt.Sprintf("%d cells under %d columns", len(cells), len(t.columns))
		t.broken = append(t.broken, refusal{line, "line", Malformed, why})
		return
	}
	kept := row{line: line, cells: make([]string, len(cells))}
	for i, cell := range cells {
		if !utf8.ValidString(cell) {
			t.broken = append(t.broken, refusal{line, t.columns[i], Malformed, "not UTF-8"})
			return
		}
		kept.cells[i] = strings.TrimSpace(norm.NFC.String(cell))
	}
	t.rows = append(t.rows, kept)
}

// readJSON reads an array of objects; a line's number is the place of its
// object in the array, from 1.
func readJSON(r io.Reader, limit int) (*table, error) {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	if err := enterList(decoder); err != nil {
		return nil, err
	}
	t := &table{}
	index := map[string]int{}
	for n := 1; decoder.More(); n++ {
		if n > limit {
			t.cut = true
			break
		}
		var item json.RawMessage
		if err := decoder.Decode(&item); err != nil {
			return nil, fmt.Errorf("read item %d: %w", n, err)
		}
		cells, err := flat(item)
		if err != nil {
			t.broken = append(t.broken, refusal{n, "item", Malformed, err.Error()})
			continue
		}
		kept := row{line: n, cells: make([]string, len(t.columns))}
		for name, cell := range cells {
			i, known := index[name]
			if !known {
				i = len(t.columns)
				index[name], t.columns = i, append(t.columns, name)
				kept.cells = append(kept.cells, "")
			}
			kept.cells[i] = strings.TrimSpace(norm.NFC.String(cell))
		}
		t.rows = append(t.rows, kept)
	}
	for i := range t.rows {
		for len(t.rows[i].cells) < len(t.columns) {
			t.rows[i].cells = append(t.rows[i].cells, "")
		}
	}
	return t, nil
}

// enterList moves to the first element of the first array.
func enterList(decoder *json.Decoder) error {
	const deepest = 16 // tokens before the list
	for range deepest {
		token, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("read JSON: %w", err)
		}
		if token == json.Delim('[') {
			return nil
		}
	}
	return errors.New("read JSON: no list of objects is found")
}

// flat reads an object as texts; null is empty, what is nested stays JSON.
func flat(item json.RawMessage) (map[string]string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(item, &members); err != nil {
		return nil, fmt.Errorf("not an object: %w", err)
	}
	cells := make(map[string]string, len(members))
	for name, raw := range members {
		var text string
		switch {
		case bytes.Equal(raw, []byte("null")):
			cells[name] = ""
		case json.Unmarshal(raw, &text) == nil:
			cells[name] = text
		default:
			cells[name] = string(raw)
		}
	}
	return cells, nil
}
