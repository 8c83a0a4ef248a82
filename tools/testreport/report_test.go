package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, events, want string
		counts             counts
	}{
		{
			name: "a passing package is one line",
			events: `
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}`,
			want:   "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n",
			counts: counts{passed: 1},
		},
		{
			name: "a failed test shows its output and a parent of subtests is not counted",
			events: `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/one"}
{"Action":"run","Package":"p","Test":"TestA/two"}
{"Action":"output","Package":"p","Test":"TestA/one","Output":"    a_test.go:7: got 1\n"}
{"Action":"fail","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/two"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}`,
			want:   "    a_test.go:7: got 1\nFAIL\tp\t0.1s\n1 passed, 1 failed, 0 skipped\n",
			counts: counts{passed: 1, failed: 1},
		},
		{
			name: "skipped tests are gathered by reason",
			events: `
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: no redis-server: apt-get install redis-server\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:10: no redis-server: apt-get install redis-server\n"}
{"Action":"skip","Package":"p","Test":"TestB"}`,
			want:   "skipped: no redis-server: apt-get install redis-server (TestA, TestB)\n0 passed, 0 failed, 2 skipped\n",
			counts: counts{skipped: 2},
		},
		{
			name: "a test that never ended counts as failed",
			events: `
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p"}`,
			want:   "=== RUN   TestA\npanic: test timed out\n0 passed, 1 failed, 0 skipped\n",
			counts: counts{failed: 1},
		},
		{
			name: "what does not compile is shown",
			events: `
{"ImportPath":"p","Action":"build-output","Output":"p/a.go:1: undefined: x\n"}
{"ImportPath":"p","Action":"build-fail"}
not an event`,
			want: "p/a.go:1: undefined: x\nnot an event0 passed, 0 failed, 0 skipped\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(strings.TrimPrefix(tt.events, "\n"))); err != nil {
				t.Fatal(err)
			}
			r.close()
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("report differs (-want +got):\n%s", diff)
			}
			if r.counts != tt.counts {
				t.Errorf("got counts %+v, want %+v", r.counts, tt.counts)
			}
		})
	}
}

func TestRunFailsWhenNoTestWasRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), []string{"-run=^$", "."}, &out); err == nil {
		t.Errorf("got no error, want one; output:\n%s", out.String())
	}
}
