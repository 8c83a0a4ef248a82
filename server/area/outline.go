package area

import "github.com/paulmach/orb"

// Outlines are the shapes of the areas of a level, by code, as coarse as a wall draws them; none where their borders are a
// drawing of ours.
func (m *Map) Outlines(level Level) (map[string]orb.MultiPolygon, error) {
	if m.SchematicAt(level) {
		return nil, nil
	}
	features, err := m.plainer(level, Wall.tolerance())
	if err != nil {
		return nil, err
	}
	shapes := make(map[string]orb.MultiPolygon, len(features))
	for _, f := range features {
		shapes[f.Area.Code] = f.Shape
	}
	return shapes, nil
}
