package schema_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
)

func TestParseTopicReadsBackEveryName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ops/vn-2025/68/24611", "wall/vn-2022/67", "public/vn-2022/67/663/24664", "unit/so-xd", "screen/tinh"} {
		got, err := schema.ParseTopic(name)
		if err != nil {
			t.Fatalf("ParseTopic(%q): %v", name, err)
		}
		if got.String() != name {
			t.Errorf("ParseTopic(%q).String() = %q", name, got.String())
		}
	}
}

func TestParseTopicRefusesWhatIsNoTopic(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "ops", "ops/vn-2022", "unit/a/b", "unit/", "boss/x", "ops/vn 2022/67", "ops/../67/é", "control", strings.Repeat("a", 200)} {
		if got, err := schema.ParseTopic(name); err == nil {
			t.Errorf("ParseTopic(%q) = %v, want an error", name, got)
		}
	}
}

func TestAreaTopicsNameEveryAreaOnThePath(t *testing.T) {
	t.Parallel()
	got := schema.AreaTopics(schema.Wall, "vn-2022", "67", "663", "24664")
	want := []string{"wall/vn-2022/67", "wall/vn-2022/67/663", "wall/vn-2022/67/663/24664"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("AreaTopics (-want +got):\n%s", diff)
	}
}

func TestTicketOpensOnlyWithItsKeyAndInItsTime(t *testing.T) {
	t.Parallel()
	pub, key, _ := ed25519.GenerateKey(nil)
	other, _, _ := ed25519.GenerateKey(nil)
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	ticket := schema.Ticket{Subject: "s1", Topics: []string{"wall/vn-2022/67"}, IssuedAt: now, ExpiresAt: now.Add(time.Minute)}
	token, err := schema.SignTicket(key, ticket)
	if err != nil {
		t.Fatal(err)
	}
	got, err := schema.OpenTicket(pub, token, now)
	if err != nil || !got.Allows("wall/vn-2022/67") || got.Allows("ops/vn-2022/67") {
		t.Errorf("OpenTicket = %+v, %v", got, err)
	}
	cases := []struct {
		name  string
		key   ed25519.PublicKey
		token string
		at    time.Time
		want  error
	}{
		{"another key", other, token, now, schema.ErrTicketSignature},
		{"expired to the instant", pub, token, now.Add(time.Minute), schema.ErrTicketExpired},
		{"a changed letter", pub, "A" + token[1:], now, schema.ErrTicketSignature},
		{"no dot", pub, "abc", now, schema.ErrTicketMalformed},
		{"empty", pub, "", now, schema.ErrTicketMalformed},
	}
	for _, c := range cases {
		if _, err := schema.OpenTicket(c.key, c.token, c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: err = %v, want %v", c.name, err, c.want)
		}
	}
}
