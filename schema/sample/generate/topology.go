package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/paulmach/orb"
)

// topology is the part of TopoJSON that a country file of polygons uses.
type topology struct {
	Transform struct {
		Scale     [2]float64 `json:"scale"`
		Translate [2]float64 `json:"translate"`
	} `json:"transform"`
	Arcs    [][][2]float64    `json:"arcs"`
	Objects map[string]object `json:"objects"`
}

type object struct {
	Geometries []shape `json:"geometries"`
}

type shape struct {
	Type       string          `json:"type"`
	Arcs       json.RawMessage `json:"arcs"` // how deep depends on Type
	Properties struct {
		Name string `json:"name"`
	} `json:"properties"`
}

func readTopology(name string) (*topology, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read topology: %w", err)
	}
	var t topology
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("decode topology %s: %w", name, err)
	}
	return &t, nil
}

// polygon joins the arcs of the named shape into rings in degrees.
func (t *topology) polygon(name string) (orb.Polygon, error) {
	for _, o := range t.Objects {
		for _, s := range o.Geometries {
			if s.Properties.Name != name {
				continue
			}
			if s.Type != "Polygon" {
				return nil, fmt.Errorf("a %s is not a plain polygon", s.Type)
			}
			var rings [][]int
			if err := json.Unmarshal(s.Arcs, &rings); err != nil {
				return nil, fmt.Errorf("decode arc numbers: %w", err)
			}
			var p orb.Polygon
			for _, ring := range rings {
				p = append(p, t.ring(ring))
			}
			return p, nil
		}
	}
	return nil, errors.New("no such shape")
}

// ring follows arc numbers; a negative one means the arc ^i walked backwards.
func (t *topology) ring(arcs []int) orb.Ring {
	var r orb.Ring
	for _, i := range arcs {
		var line []orb.Point
		if i < 0 {
			line = t.arc(^i)
			slices.Reverse(line)
		} else {
			line = t.arc(i)
		}
		if len(r) > 0 {
			line = line[1:]
		}
		r = append(r, line...)
	}
	return r
}

// arc undoes the delta coding and the quantisation of one arc.
func (t *topology) arc(i int) []orb.Point {
	var x, y float64
	line := make([]orb.Point, 0, len(t.Arcs[i]))
	for _, d := range t.Arcs[i] {
		x, y = x+d[0], y+d[1]
		line = append(line, orb.Point{
			x*t.Transform.Scale[0] + t.Transform.Translate[0],
			y*t.Transform.Scale[1] + t.Transform.Translate[1],
		})
	}
	return line
}
