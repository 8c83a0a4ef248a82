package open311_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"toancanh/cmd/toancanh/replaying"
	"toancanh/server/auth"
	"toancanh/server/view"
)

// matter is a request by its meaning, as far as everybody may know it.
type matter struct {
	Service, Description, Status string
	Requested                    time.Time // the hour
	Closed                       time.Time // the quarter hour; zero while it is open
}

// foreign is a request as a file of another city tells it, read here by other code than the replay's.
type foreign struct {
	What, Description  string
	Requested, Updated time.Time
	Closed             bool
	Lat, Long          string
}

// TestFilesOfOtherCitiesComeOutUnchangedInMeaning plays the files of San Francisco and New York into the house, as toancanh
// replay --publish does, and reads them back as a partner system does. Five meanings change on the way and are told in
// docs/open311.md: the time of receipt is that of its hour, the time of its end that of its quarter; a place is its commune, and a foreign one lies in ours; the words
// of an open request stay inside; a service is the one of ours that the table of the replay names for it. All else
// must be the same.
func TestFilesOfOtherCitiesComeOutUnchangedInMeaning(t *testing.T) {
	t.Parallel()
	for _, file := range []struct {
		name, zone string
		read       func(*testing.T, []byte, *time.Location) []foreign
		least      int
	}{
		{"../../../shared/data/open311/sf-2011-requests.json", "America/Los_Angeles", readSanFrancisco, 430},
		{"../../../shared/data/311/nyc-animals-2025.csv", "America/New_York", readNewYork, 3900},
	} {
		t.Run(file.zone, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file.name)
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("%s is missing: the files of other cities lie beside the repository and not in it", file.name)
			}
			must(t, err)
			zone, err := time.LoadLocation(file.zone)
			must(t, err)
			h := newHouse(t)
			now := time.Now().Truncate(time.Second)
			var refused bytes.Buffer
			base, err := url.Parse(h.base)
			must(t, err)
			summary, err := replaying.Run(t.Context(), replaying.Options{
				Base: base, Key: h.key(nil, auth.RightHistory), Files: []string{file.name}, Zone: zone, Span: -1, Publish: true,
				Now: func() time.Time { return now }, Out: &refused,
			})
			must(t, err)
			want := meant(t, file.read(t, raw, zone), now)
			if summary.Reports != len(want) || len(want) < file.least {
				t.Fatalf("%d of %d were taken: %s", summary.Reports, len(want), refused.String())
			}
			got := h.matters(now)
			t.Logf("%d requests in, %d out", len(want), len(got))
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%.4000s", diff)
			}
		})
	}
}

// meant is what must come out: the file's newest instant is a second ago, all others keep their distance from it.
func meant(t *testing.T, list []foreign, now time.Time) []matter {
	t.Helper()
	categories := known(t)
	var newest time.Time
	var taken []foreign
	for _, f := range list {
		nowhere := strings.Trim(f.Lat, "0.") == "" && strings.Trim(f.Long, "0.") == "" // empty, 0 and 0.0
		if nowhere || f.Closed && f.Updated.Before(f.Requested) {
			continue
		}
		taken = append(taken, f)
		newest = latest(newest, f.Requested)
		if f.Closed {
			newest = latest(newest, f.Updated)
		}
	}
	shift := now.Add(-time.Second).Sub(newest)
	matters := make([]matter, len(taken))
	for i, f := range taken {
		m := matter{Service: cmp.Or(categories[strings.ToLower(f.What)], "KH"), Status: "open", Requested: f.Requested.Add(shift).Truncate(time.Hour)}
		if f.Closed {
			m.Status, m.Closed = "closed", f.Updated.Add(shift).Truncate(15*time.Minute)
			m.Description = f.What
			if f.Description != "" && f.Description != f.What {
				m.Description += ": " + f.Description
			}
			m.Description = view.Redact(m.Description)
		}
		m.Requested, m.Closed = m.Requested.UTC(), m.Closed.UTC()
		matters[i] = m
	}
	return sorted(matters)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func sorted(list []matter) []matter {
	slices.SortFunc(list, func(a, b matter) int {
		return cmp.Or(a.Requested.Compare(b.Requested), a.Closed.Compare(b.Closed), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Description, b.Description))
	})
	return list
}

// matters reads everything there is, 90 days and a page at a time.
func (h *house) matters(now time.Time) []matter {
	h.t.Helper()
	var all []matter
	seen := map[string]bool{}
	for end := now; end.After(now.AddDate(-2, 0, 0)); end = end.Add(-90 * 24 * time.Hour) {
		for page := 1; ; page++ {
			list := h.records(fmt.Sprintf("/open311/v2/requests.json?end_date=%s&page=%d", end.UTC().Format(time.RFC3339), page))
			for _, r := range list {
				if id := r["service_request_id"].(string); !seen[id] {
					seen[id] = true
					all = append(all, h.matter(r))
				}
			}
			if len(list) < 1000 {
				break
			}
		}
	}
	return sorted(all)
}

func (h *house) matter(r map[string]any) matter {
	h.t.Helper()
	instant := func(name string) time.Time {
		at, err := time.Parse(time.RFC3339, r[name].(string))
		must(h.t, err)
		return at.UTC()
	}
	m := matter{Service: r["service_code"].(string), Status: r["status"].(string), Requested: instant("requested_datetime")}
	if m.Status == "closed" {
		m.Closed = instant("updated_datetime")
	}
	m.Description, _ = r["description"].(string)
	if r["service_notice"] != "Dữ liệu phát lại của nơi khác, không phải phản ánh thật." {
		h.t.Errorf("what is replayed is not marked: %v", r["service_notice"])
	}
	return m
}

// known is the replay's own table: which service of ours a foreign one is.
func known(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("../../cmd/toancanh/replaying/categories.csv")
	must(t, err)
	defer func() { _ = f.Close() }()
	table, err := replaying.ReadCategories(f)
	must(t, err)
	return table
}

func readSanFrancisco(t *testing.T, raw []byte, zone *time.Location) []foreign {
	t.Helper()
	var list []struct {
		Status, Description, Service_name, Requested_datetime, Updated_datetime string //nolint:revive,staticcheck // the file's names
		Lat, Long                                                               json.Number
	}
	must(t, json.Unmarshal(raw, &list))
	at := func(text string) time.Time {
		instant, err := time.ParseInLocation(time.DateTime, text, zone)
		must(t, err)
		return instant
	}
	var all []foreign
	for _, r := range list {
		f := foreign{What: r.Service_name, Description: r.Description, Requested: at(r.Requested_datetime), Closed: r.Status == "Closed", Lat: r.Lat.String(), Long: r.Long.String()}
		if f.Closed {
			f.Updated = at(r.Updated_datetime)
		}
		all = append(all, f)
	}
	return all
}

func readNewYork(t *testing.T, raw []byte, zone *time.Location) []foreign {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
	must(t, err)
	at := func(text string) time.Time {
		instant, err := time.ParseInLocation("1/2/2006 15:04", text, zone)
		must(t, err)
		return instant
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	var all []foreign
	for _, row := range rows[1:] {
		f := foreign{
			What: row[column("Complaint Type")], Description: row[column("Descriptor")], Requested: at(row[column("Created Date")]),
			Closed: row[column("Closed Date")] != "", Lat: row[column("Latitude")], Long: row[column("Longitude")],
		}
		if f.Closed {
			f.Updated = at(row[column("Closed Date")])
		}
		all = append(all, f)
	}
	return all
}
