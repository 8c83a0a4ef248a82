package drill_test

import (
	"strings"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/server/drill"
	"toancanh/server/fault"
	"toancanh/server/sensor"
)

var start = time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant Go has no literal for

func known(code, kind, area string, levels ...sensor.Level) drill.Known {
	k, _ := sensor.KindOf(kind)
	return drill.Known{Sensor: sensor.Sensor{
		Code: code, Name: "Trạm " + code, Kind: kind, Unit: k.Unit, Min: k.Min, Max: k.Max, Lat: 12, Lon: 107.7,
		Path: []string{"67", area}, Area: area, Levels: levels, Origin: "real",
	}}
}

func province() []drill.Known {
	return []drill.Known{
		known("mua-1", "rain", "660"), known("mua-2", "rain", "660"), known("dien-1", "power", "660"),
		known("song-0", "river", "660", sensor.Level{At: 171, State: sensor.Warning, Label: "BĐ1"}), // nobody says so
		known("song-1", "river", "660", sensor.Level{At: 589.5, State: sensor.Warning, Label: "BĐ2", Source: "05/2020/QĐ-TTg"}),
		known("chay-1", "fire", "661"), known("nhiet-1", "temperature", "661"), known("am-1", "humidity", "661"),
	}
}

func scenario(t *testing.T, code string) drill.Scenario {
	t.Helper()
	list, err := drill.Scenarios(schema.Drills)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Code == code {
			return s
		}
	}
	t.Fatalf("there is no scenario %s", code)
	return drill.Scenario{}
}

func TestEveryScenarioPlaysInAProvinceThatHasItsSensors(t *testing.T) {
	list, err := drill.Scenarios(schema.Drills)
	if err != nil || len(list) < 3 {
		t.Fatalf("%d scenarios, %v", len(list), err)
	}
	for _, s := range list {
		script, err := drill.Plan(s, province(), "67", "ab12")
		if err != nil {
			t.Errorf("%s: %v", s.Code, err)
			continue
		}
		if len(script.Actors) != len(s.Cast) || len(script.Deeds) < 20 || script.Deeds[len(script.Deeds)-1].After > script.Lasts {
			t.Errorf("%s: %d actors, %d deeds", s.Code, len(script.Actors), len(script.Deeds))
		}
		for i, d := range script.Deeds {
			if i > 0 && d.After < script.Deeds[i-1].After {
				t.Errorf("%s: deed %d comes before the one before it", s.Code, i)
			}
			if d.Report != nil && !strings.HasPrefix(d.Report.Text, drill.Prefix) {
				t.Errorf("%s: %q does not say what it is", s.Code, d.Report.Text)
			}
		}
		for _, a := range script.Actors {
			if !drill.Of(a.Sensor.Code) || a.Sensor.Origin != "drill" || !strings.HasPrefix(a.Sensor.Name, drill.Prefix) || drill.Of(a.Of) {
				t.Errorf("%s: actor %+v could be taken for the real sensor", s.Code, a)
			}
		}
	}
}

func TestOnlyALimitThatASourceConfirmsIsPassed(t *testing.T) {
	script, err := drill.Plan(scenario(t, "mua-bao"), province(), "67", "ab12")
	if err != nil {
		t.Fatal(err)
	}
	var code string
	for _, a := range script.Actors {
		if a.Role == "sông" {
			code = a.Sensor.Code
			if a.Of != "song-1" {
				t.Errorf("the river is played by %s", a.Of)
			}
		}
	}
	top := 0.0
	for _, d := range script.Deeds {
		if d.Sensor == code {
			top = max(top, d.Value)
		}
	}
	if top != 589.85 {
		t.Errorf("the river rises to %v, want 0.35 above its second alarm", top)
	}
}

func TestAPlanNamesEveryRoleNobodyCanPlay(t *testing.T) {
	_, err := drill.Plan(scenario(t, "chay-rung"), province(), "660", "ab12")
	items := fault.Items(err)
	if len(items) != 3 || items[0].Field != "area" || items[0].Reason != "no_actor" {
		t.Fatalf("refused with %v", err)
	}
	if !strings.Contains(err.Error(), "cấp cháy") {
		t.Errorf("%v does not name the role", err)
	}
}

func TestASilentActorFallsSilent(t *testing.T) {
	script, err := drill.Plan(scenario(t, "mat-lien-lac"), province(), "67", "ab12")
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]time.Duration{}
	for _, d := range script.Deeds {
		if d.Sensor != "" {
			last[d.Sensor] = d.After
		}
	}
	for _, a := range script.Actors {
		if strings.Contains(a.Role, "im lặng") != (last[a.Sensor.Code] < 9*time.Minute) {
			t.Errorf("%s speaks last after %v", a.Role, last[a.Sensor.Code])
		}
	}
}

// However often and late somebody looks, each deed is due once and in order.
func TestEachDeedIsDueOnce(t *testing.T) {
	script, err := drill.Plan(scenario(t, "mua-bao"), province(), "67", "ab12")
	if err != nil {
		t.Fatal(err)
	}
	for _, pace := range []time.Duration{time.Second, 7 * time.Second, 11 * time.Minute, 3 * time.Hour} {
		d, err := drill.Drill{State: drill.Planned, Speed: 2, Script: script, Version: 1}.Start(start)
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		for now := start; !d.Over(now); now = now.Add(pace) {
			for _, deed := range d.Due(now) {
				if deed.After != script.Deeds[sent].After {
					t.Fatalf("pace %v: deed %d is out of order", pace, sent)
				}
				sent++
			}
			d.Played = sent
		}
		if sent != len(script.Deeds) {
			t.Errorf("pace %v: %d of %d deeds", pace, sent, len(script.Deeds))
		}
	}
}

func TestAPlanSaysAllThatIsWrong(t *testing.T) {
	_, err := drill.Drill{Speed: 50, StartsAt: start.Add(-time.Hour), Note: strings.Repeat("x", 501)}.Clean(start)
	fields := []string{}
	for _, f := range fault.Items(err) {
		fields = append(fields, f.Field)
	}
	if strings.Join(fields, " ") != "title note speed starts_at" {
		t.Errorf("wrong are %v", fields)
	}
}

func TestADrillEndsOnce(t *testing.T) {
	planned := drill.Drill{State: drill.Planned, Version: 1}
	off, err := planned.End("person:1", start)
	if err != nil || off.State != drill.Cancelled {
		t.Fatalf("called off: %+v, %v", off, err)
	}
	running, err := planned.Start(start)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := running.End("", start.Add(time.Hour))
	if err != nil || ended.State != drill.Ended || ended.EndedBy != "" {
		t.Fatalf("ended: %+v, %v", ended, err)
	}
	for _, d := range []drill.Drill{off, ended} {
		if _, err := d.End("", start); !fault.Is(err, fault.KindConflict) {
			t.Errorf("%s ends again: %v", d.State, err)
		}
		if _, err := d.Start(start); !fault.Is(err, fault.KindConflict) {
			t.Errorf("%s begins again: %v", d.State, err)
		}
	}
}

func TestTheRoomIsJudgedAtTheSpeedOfTheDrill(t *testing.T) {
	at := func(s int) *time.Time { return new(start.Add(time.Duration(s) * time.Second)) }
	d := drill.Drill{Speed: 2, Played: 3, Script: drill.Script{Deeds: make([]drill.Deed, 5)}}
	b := drill.Judge(d, []drill.Seen{
		{ID: "in time", Priority: "high", At: start, Answered: at(59)},
		{ID: "late", Priority: "high", At: start, Answered: at(61)},
		{ID: "never", Priority: "high", At: start},
		{ID: "medium", Priority: "medium", At: start, Answered: at(290)},
		{ID: "journal", Priority: "journal", At: start},
	}, []drill.Seen{{ID: "report", At: start, Answered: at(100)}, {ID: "report 2", At: start, Answered: at(160)}}, start)

	want := map[string][2]int{drill.LineHigh: {1, 3}, drill.LineMedium: {1, 1}, drill.LineMissed: {2, 3}, drill.LineIntake: {1, 2}}
	if len(b.Lines) != len(want) {
		t.Errorf("lines %+v", b.Lines)
	}
	for _, l := range b.Lines {
		if got := [2]int{l.Met, l.Of}; got != want[l.Code] {
			t.Errorf("%s: %v, want %v", l.Code, got, want[l.Code])
		}
	}
	// (4/3 + 2 + 4*2/3 + 3/2) / 13
	if b.Score == nil || *b.Score != 58 {
		t.Errorf("score %v, want 58", b.Score)
	}
	if len(b.Alarms) != 4 || b.Alarms[0].Met || b.Unplayed != 2 || b.Deeds != 3 {
		t.Errorf("debrief %+v", b)
	}
	if empty := drill.Judge(d, nil, nil, start); empty.Score != nil || len(empty.Lines) != 0 {
		t.Errorf("nothing happened, and it is judged %+v", empty)
	}
}
