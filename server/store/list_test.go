package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"toancanh/server/access"
	"toancanh/server/embedded/testpg"
	"toancanh/server/report"
	"toancanh/server/store"
)

func TestListFindsWordsWithoutDiacriticsWhereTheyBegin(t *testing.T) {
	t.Parallel()
	db := testpg.New(t)
	s, err := store.Open(t.Context(), db.DSN("toancanh_app"), store.Sizes{Write: 1, Read: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var list []store.Past
	for code, text := range map[string]string{
		"AAAA-1111": "Ổ gà trước chợ, 50% mặt đường hỏng",
		"BBBB-2222": "Rác (thải) ở Đắk Mil",
		"CCCC-3333": "Đèn đường không sáng",
	} {
		path := []string{"67", "663", "24664"}
		if code == "CCCC-3333" {
			path = []string{"67", "660", "24611"}
		}
		now := time.Now().UTC()
		list = append(list, store.Past{Report: report.Report{
			ID: uuid.NewString(), Code: code, Version: 1, Origin: report.Real, Source: report.FromAPI, Category: "MT",
			Description: text, Division: "vn-2022", Area: path[2], Path: path,
			Status: report.Moi, Priority: report.BinhThuong, ReceivedAt: now, ChangedAt: now, Rules: 1,
		}})
	}
	if _, err := s.AcceptHistory(t.Context(), store.PastBody{List: list, At: time.Now(), Location: time.UTC}); err != nil {
		t.Fatal(err)
	}
	codes := func(word string) ([]string, bool) {
		if slices.Contains([]string{"gia", "nghia"}, word) {
			return []string{store.AreaTerm("vn-2022", "660")}, false
		}
		return nil, word == "nong"
	}
	for query, want := range map[string]string{
		"o ga": "AAAA-1111", "ổ gà": "AAAA-1111", "dak mil rac": "BBBB-2222", "thai": "BBBB-2222", "3333": "CCCC-3333",
		"cccc-3333": "CCCC-3333", "50%": "AAAA-1111", "uong": "", "rac.*": "BBBB-2222", "(": "", `\`: "", "' | 'rac": "BBBB-2222",
		"MIL, Đăk": "BBBB-2222", "ra th": "BBBB-2222", "gia nghia den": "CCCC-3333", "gia nghia rac": "", "nong den": "CCCC-3333", "!rac": "BBBB-2222",
	} {
		got, _, err := s.List(t.Context(), store.Filter{Query: query, Codes: codes, Limit: 10, Reach: access.Reached{All: true}})
		if err != nil {
			t.Errorf("%q: %v", query, err)
			continue
		}
		var codes []string
		for _, r := range got {
			codes = append(codes, r.Code)
		}
		if want == "" && len(codes) > 0 || want != "" && (len(codes) != 1 || codes[0] != want) {
			t.Errorf("%q finds %v, want %q", query, codes, want)
		}
	}
}
