package api

// StackedMark and StackShown open the rule of stacks to its test.
type (
	StackedMark struct {
		ID, Kind, State string
		X, Y            float64
	}
	StackShown struct {
		ID    string  `json:"id"`
		Kind  string  `json:"kind"`
		State string  `json:"state"`
		X     float64 `json:"x"`
		Y     float64 `json:"y"`
		Count int     `json:"count"`
	}
)

// StackMarks is stackMarks.
func StackMarks(marks []StackedMark, size float64) []StackShown {
	kinds := map[string]byte{"report": 'r', "sensor": 's'}
	words := map[byte]string{'r': "report", 's': "sensor"}
	var list []mapMark
	for _, m := range marks {
		list = append(list, mapMark{id: m.ID, kind: kinds[m.Kind], state: m.State, x: m.X, y: m.Y})
	}
	var shown []StackShown
	for _, s := range stackMarks(list, size) {
		shown = append(shown, StackShown{s.id, words[s.top.kind], s.top.state, s.x, s.y, s.count})
	}
	return shown
}
