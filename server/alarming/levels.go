package alarming

import (
	"encoding/json"
	"log/slog"
	"time"

	"toancanh/schema"
	"toancanh/server/alarm"
)

// The keys of the levels.
const (
	SummaryKey = "alarms/summary"
	GroupsKey  = "alarms/groups"
)

// levels says how the alarms of every area stand: at once what moved, all of it every few seconds.
type levels struct {
	r        *round
	said     map[string]string // by area: the summary but for its time
	flooded  map[string]bool
	versions map[string]int64
	toldAt   time.Time
	allAt    time.Time
}

func newLevels(r *round) *levels {
	return &levels{r: r, said: map[string]string{}, flooded: map[string]bool{}, versions: map[string]int64{}}
}

// tell announces what moved, when its time has come.
func (l *levels) tell(now time.Time) {
	all := now.Sub(l.allAt) >= republishEvery || now.Before(l.allAt)
	if !all && (!l.r.board.moved || now.Sub(l.toldAt) < levelEvery && !now.Before(l.toldAt)) {
		return
	}
	l.toldAt, l.r.board.moved = now, false
	if all {
		l.allAt = now
	}
	silent := l.r.board.Silent()
	l.r.silent.Store(&silent)
	sums := l.r.board.Summaries(now)
	var list []schema.Level
	for _, at := range l.r.Atlas.Tree.Areas(l.r.Division) {
		s, ok := sums[at.Code]
		if !ok {
			s = l.r.board.Quiet(now)
		}
		path := l.r.Atlas.Tree.Path(l.r.Division, at.Code)
		if l.moved(at.Code, *s) || all {
			list = append(list, l.level(path, SummaryKey, s, now)...)
		}
		if s.Flood || l.flooded[at.Code] {
			groups := Groups{Groups: []alarm.Group{}, AsOf: now}
			if s.Flood {
				groups.Groups = l.r.board.Groups(at.Code)
			}
			list = append(list, l.level(path, GroupsKey, groups, now)...)
		}
		l.flooded[at.Code] = s.Flood
	}
	if len(list) > 0 {
		l.r.announce(list)
	}
}

// moved reports whether a summary says something else than the last one of its area.
func (l *levels) moved(area string, s Summary) bool {
	s.AsOf = time.Time{}
	raw, err := json.Marshal(s)
	if err != nil || l.said[area] == string(raw) {
		return false
	}
	l.said[area] = string(raw)
	return true
}

// level is one value for the wall and the ops topic of the area at the end of a path.
func (l *levels) level(path []string, key string, data any, now time.Time) []schema.Level {
	body, err := json.Marshal(data)
	if err != nil {
		l.r.Log.Error("encode level", slog.String("key", key), slog.Any("err", err))
		return nil
	}
	list := make([]schema.Level, 0, 2)
	for _, audience := range []schema.Audience{schema.Wall, schema.Ops} {
		topic := schema.AreaTopic(audience, l.r.Division, path...)
		version := max(now.UnixMicro(), l.versions[topic+key]+1)
		l.versions[topic+key] = version
		list = append(list, schema.Level{Topic: topic, LevelItem: schema.LevelItem{Key: key, Version: version, At: now, Data: body}})
	}
	return list
}
