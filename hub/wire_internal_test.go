package hub

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"toancanh/schema"
)

// masked is a frame as a client sends it.
func masked(b0 byte, payload string) []byte {
	f := appendFrame(nil, 0, []byte(payload))
	f[0] = b0
	at := headerLen(f)
	f[1] |= bitMask
	mask := []byte{1, 2, 3, 4}
	out := append(append([]byte(nil), f[:at]...), mask...)
	for i, c := range f[at:] {
		out = append(out, c^mask[i&3])
	}
	return out
}

func TestInboundTakesFramesApartHoweverTheyAreSplit(t *testing.T) {
	t.Parallel()
	var wire []byte
	for _, f := range [][]byte{
		masked(bitFin|opText, "một"), masked(opText, "tiếng "), masked(bitFin|opPing, "p"), masked(opContinuation, "Vi"),
		masked(bitFin|opContinuation, "ệt"), masked(bitFin|opText, ""), masked(bitFin|opText, strings.Repeat("x", 300)), masked(bitFin|opPong, ""),
	} {
		wire = append(wire, f...)
	}
	want := []string{"1 một", "9 p", "1 tiếng Việt", "1 ", "1 " + strings.Repeat("x", 300), "A "}
	for _, size := range []int{1, 2, 3, 7, 64, len(wire)} {
		var in inbound
		var got []string
		for rest := bytes.Clone(wire); len(rest) > 0; {
			n := min(size, len(rest))
			if err := in.feed(rest[:n], func(op byte, p []byte) error {
				got = append(got, string("0123456789ABCDEF"[op])+" "+string(p))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pieces of %d (-want +got):\n%s", size, diff)
		}
		if in.partial != nil || in.message != nil {
			t.Errorf("in pieces of %d: %d bytes are kept after the last message", size, len(in.partial)+len(in.message))
		}
	}
}

func TestInboundRefusesWhatTheStandardForbids(t *testing.T) {
	t.Parallel()
	unmasked := appendFrame(nil, opText, []byte("x"))
	cases := []struct {
		name string
		wire []byte
		want int
	}{
		{"unmasked", unmasked, closeProtocol},
		{"reserved bit", masked(bitFin|0x40|opText, "x"), closeProtocol},
		{"reserved opcode", masked(bitFin|0x3, "x"), closeProtocol},
		{"reserved control opcode", masked(bitFin|0xB, "x"), closeProtocol},
		{"fragmented ping", masked(opPing, "x"), closeProtocol},
		{"long ping", masked(bitFin|opPing, strings.Repeat("x", 126)), closeProtocol},
		{"continuation of nothing", masked(bitFin|opContinuation, "x"), closeProtocol},
		{"text inside a fragmented text", append(masked(opText, "x"), masked(bitFin|opText, "y")...), closeProtocol},
		{"length not shortest", []byte{bitFin | opText, bitMask | 126, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5}, closeProtocol},
		{"64-bit length for little", []byte{bitFin | opText, bitMask | 127, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0}, closeProtocol},
		{"more than can be", []byte{bitFin | opText, bitMask | 127, 0xFF, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0}, closeProtocol},
		{"too big", masked(bitFin|opText, strings.Repeat("x", maxInbound+1)), closeTooBig},
		{"too big in fragments", append(masked(opText, strings.Repeat("x", maxInbound)), masked(bitFin|opContinuation, "x")...), closeTooBig},
		{"half a letter", masked(bitFin|opText, "\xe1\xbb"), closeNotUTF8},
		{"binary", masked(bitFin|opBinary, "x"), schema.CloseBadMessage},
	}
	for _, c := range cases {
		var in inbound
		err := in.feed(c.wire, func(byte, []byte) error { return nil })
		var no *refusal
		if !errors.As(err, &no) || no.code != c.want {
			t.Errorf("%s: %v, want close %d", c.name, err, c.want)
		}
	}
}

func TestCloseCodesAreEchoedOnlyWhenTheyMayBeOnTheWire(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]int{
		"": 1000, "\x03": 1002, "\x03\xe8": 1000, "\x03\xe9bye": 1001, "\x03\xec": 1002, "\x03\xed": 1002, "\x03\xee": 1002, "\x03\xf7": 1002,
		"\x0f\xa0": 4000, "\x0b\xb8": 3000, "\x07\xd0": 1002, "\x13\x88": 1002, "\x03\xe8\xff": 1002,
	} {
		if got := checkClose([]byte(payload)); got != want {
			t.Errorf("checkClose(%q) = %d, want %d", payload, got, want)
		}
	}
}

func TestFrameEndFindsTheEndOfAFrameThatIsPartlyOut(t *testing.T) {
	t.Parallel()
	var b, s []byte
	ends, streamEnds := []int{0}, []int{0}
	for _, n := range []int{0, 5, 125, 126, 4000, 70_000} {
		f := textFrame(bytes.Repeat([]byte("x"), n))
		b = append(b, f...)
		s = appendStream(s, f, "e:t=1")
		ends, streamEnds = append(ends, len(b)), append(streamEnds, len(s))
	}
	for range 2000 {
		off := rand.IntN(len(b) + 1)
		want := 0
		for _, e := range ends {
			if want = e; e >= off {
				break
			}
		}
		if got := frameEnd(b, off); got != want {
			t.Fatalf("frameEnd(%d) = %d, want %d", off, got, want)
		}
	}
	for range 2000 {
		off := 1 + rand.IntN(len(s))
		want := 0
		for _, e := range streamEnds {
			if want = e; e >= off {
				break
			}
		}
		if got := streamEnd(s, off); got != want {
			t.Fatalf("streamEnd(%d) = %d, want %d", off, got, want)
		}
	}
}

func FuzzFrameIsReadBack(f *testing.F) {
	for _, s := range []string{"", "x", strings.Repeat("y", 125), strings.Repeat("y", 126), strings.Repeat("z", 0xFFFF), strings.Repeat("z", 0x10000)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		frame := textFrame(payload)
		if !bytes.Equal(payloadOf(frame), payload) {
			t.Fatalf("payload of %d bytes is not read back", len(payload))
		}
		if end := frameEnd(append(frame, frame...), 1); end != len(frame) {
			t.Fatalf("frame ends at %d, want %d", end, len(frame))
		}
		if len(payload) > maxInbound || !utf8.Valid(payload) {
			return
		}
		var in inbound
		var got []byte
		if err := in.feed(masked(bitFin|opText, string(payload)), func(_ byte, p []byte) error { got = bytes.Clone(p); return nil }); err != nil || !bytes.Equal(got, payload) {
			t.Fatalf("a client's frame is read as %q, %v; want %q", got, err, payload)
		}
	})
}

func FuzzInbound(f *testing.F) {
	f.Add(masked(bitFin|opText, `{"type":"pong"}`), 3)
	f.Add([]byte{0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1}, 1)
	f.Fuzz(func(t *testing.T, wire []byte, split int) {
		split = max(1, min(split, 4096))
		var in inbound
		for len(wire) > 0 {
			n := min(split, len(wire))
			if in.feed(bytes.Clone(wire[:n]), func(op byte, p []byte) error {
				if op == opText && !utf8.Valid(p) || op >= opClose && len(p) > 125 || len(p) > maxInbound {
					t.Fatalf("op %d with %d bytes got through", op, len(p))
				}
				return nil
			}) != nil {
				return
			}
			if kept := len(in.partial) + len(in.message); kept > 2*maxInbound+14 {
				t.Fatalf("%d bytes are kept", kept)
			}
			wire = wire[n:]
		}
	})
}

func FuzzPosition(f *testing.F) {
	for _, s := range []string{"", "e1:wall/vn-2022/67=5", "e1:", "e:a/b/c=1,unit/x=9223372036854775807", "e:unit/x=-1", ":", "e:unit/x=1,unit/x=2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil || p.epoch == "" {
			return
		}
		var names []string
		var seqs []int64
		for name, seq := range p.seqs {
			if seq < 0 {
				t.Fatalf("seq %d of %q", seq, name)
			}
			names, seqs = append(names, name), append(seqs, seq)
		}
		if len(names) == 0 {
			return
		}
		again, err := parsePosition(string(appendPosition(nil, p.epoch, names, seqs)))
		if diff := cmp.Diff(p.seqs, again.seqs); err != nil || diff != "" || p.epoch != again.epoch {
			t.Fatalf("%q is not read back: %v %s", text, err, diff)
		}
	})
}
