//go:build e2e

package e2e_test

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"toancanh/schema"
	"toancanh/server/embedded/testredis"
)

func TestLostBusMessageIsRepairedInSilence(t *testing.T) {
	t.Parallel()
	proxy := newLossy(t, testredis.New(t).Addr())
	w := newTown(t, proxy.url())
	s := w.serve()
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic), watch(t, s, districtTopic("662"))}
	author := newAuthor(t, s)
	author.report("không mất")
	for range times(3, 50) {
		var lost atomic.Int32
		proxy.lose(func(channel string, body []byte) bool {
			return channel == schema.Channel(wallTopic) && bytes.Contains(body, []byte(`"events":[`)) && lost.Add(1) == 1
		})
		author.report("tin bị mất trên đường")
		sent := time.Now()
		agree(t, w.pool, sent, limit(healBus), screens...) // and nothing else is sent
		if lost.Load() == 0 {
			t.Error("nothing was lost")
		}
	}
	for _, sc := range screens {
		if n := sc.noted(); n.snapshots != 1 || len(n.resets) > 0 || n.sessions != 1 {
			t.Errorf("the screen began anew although the message could be had: %s", sc.state())
		}
	}
	sound(screens...)
}

func TestSilentBusIsMarked(t *testing.T) {
	t.Parallel()
	proxy := newLossy(t, testredis.New(t).Addr())
	w := newTown(t, proxy.url())
	s := w.serve()
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic)}
	author := newAuthor(t, s)
	author.report("trước khi im lặng")
	for range times(1, 10) {
		silent := time.Now()
		proxy.lose(func(string, []byte) bool { return true })
		author.report("không ai nghe thấy")
		marked(t, silent, limit(markWithin), screens...)
		proxy.lose(nil)
		agree(t, w.pool, time.Now(), limit(healBus), screens...)
	}
	sound(screens...)
}

// TestPoisonOnTheBusIsIgnored puts on the bus what no leader sends.
func TestPoisonOnTheBusIsIgnored(t *testing.T) {
	t.Parallel()
	redis := testredis.New(t)
	w := newTown(t, redis.URL())
	s := w.serve()
	screens := []*screen{watch(t, s, wallTopic), watch(t, s, opsTopic), watch(t, s, publicTopic)}
	l := send(t, s)
	epoch, _, _ := bytes.Cut([]byte(screens[0].since()), []byte(":"))
	client := redis.Client()
	for _, poison := range poisons(string(epoch)) {
		for i := range schema.Channels {
			if err := client.Publish(t.Context(), schema.ChannelName(i), poison).Err(); err != nil {
				t.Fatal(err)
			}
		}
		l.awaitAcks(2)
	}
	l.pause()
	agree(t, w.pool, time.Now(), limit(healBus), screens...)
	l.resume()
	l.stop()
	sound(screens...)
	for _, sc := range screens {
		if n := sc.noted(); n.sessions != 1 || n.snapshots != 1 {
			t.Errorf("poison had a screen begin anew: %s", sc.state())
		}
	}
}

func poisons(epoch string) []string {
	past := `{"epoch":"` + epoch + `","term":0,`
	return []string{
		"", "\x00\xff\xfe", "null", "[]", "{", `"text"`, `{"epoch":1}`, `{}`, `{"epoch":""}`,
		`{"epoch":"` + string(bytes.Repeat([]byte("e"), 5000)) + `"}`,
		`{"epoch":"\ud800","events":[{}]}`,
		past + `"events":[{"topic":"` + wallTopic + `","seq":1,"kind":"report","id":"x","version":1,"data":{"id":"x"}}]}`,
		past + `"pulse":{"heads":{"` + wallTopic + `":999999}}}`,
		`{"epoch":"` + epoch + `","term":"many"}`,
		past + `"events":[{"topic":"` + wallTopic + `","seq":-7,"kind":"report"}]}`,
		past + `"levels":[{"topic":"` + wallTopic + `","key":"kpi/open","version":9e99,"data":{}}]}`,
		string(bytes.Repeat([]byte("x"), 1<<20)),
	}
}
