package hub

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"toancanh/schema"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const (
	bitFin  = 0x80
	bitMask = 0x80
)

// appendFrame adds one whole unmasked frame, as servers send them (RFC 6455, section 5.2), to dst.
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, bitFin|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, byte(n))
	case n <= 0xFFFF:
		dst = append(dst, 126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n)) //nolint:gosec // n is at most 0xFFFF here
	default:
		dst = append(dst, 127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n)) //nolint:gosec // a length is never negative
	}
	return append(dst, payload...)
}

// textFrame is payload as one finished text frame.
func textFrame(payload []byte) []byte {
	return appendFrame(make([]byte, 0, len(payload)+10), opText, payload)
}

// headerLen is the length of the header of a frame made by appendFrame.
func headerLen(frame []byte) int {
	switch frame[1] {
	case 126:
		return 4
	case 127:
		return 10
	default:
		return 2
	}
}

// payloadOf is the JSON inside a finished text frame.
func payloadOf(frame []byte) []byte { return frame[headerLen(frame):] }

// frameEnd is the first end of a frame in b at or after off; b begins with a frame and holds only whole ones.
func frameEnd(b []byte, off int) int {
	at := 0
	for at < off {
		f := b[at:]
		n := int(f[1])
		switch n {
		case 126:
			n = int(binary.BigEndian.Uint16(f[2:]))
		case 127:
			n = int(binary.BigEndian.Uint64(f[2:])) //nolint:gosec // our own frames are small
		}
		at += headerLen(f) + n
	}
	return at
}

// closeFrame says goodbye with a code (RFC 6455, section 5.5.1) and a reason of at most 123 bytes.
func closeFrame(code int, reason string) []byte {
	payload := binary.BigEndian.AppendUint16(nil, uint16(code)) //nolint:gosec // codes are at most 4999
	payload = append(payload, reason[:min(len(reason), 123)]...)
	return appendFrame(nil, opClose, payload)
}

// encode turns one of schema's frames into a finished text frame.
func encode(v any) ([]byte, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	// A text frame that is not UTF-8 makes browsers fail the connection (RFC 6455, section 8.1): one bad byte
	// in one payload would close every screen.
	if !utf8.Valid(payload) {
		return nil, fmt.Errorf("encode %T: payload is not UTF-8", v)
	}
	return textFrame(payload), nil
}

// mustEncode is for frames the hub makes of its own values, which cannot fail to encode.
func mustEncode(v any) []byte {
	f, err := encode(v)
	if err != nil {
		panic(err)
	}
	return f
}

// resetFrame tells a client to forget a topic.
func resetFrame(topic, reason string) []byte {
	return mustEncode(schema.ResetFrame{Type: schema.TypeReset, Topic: topic, Reason: reason})
}

// appendStream adds a finished frame as one server-sent event. id, when it is not empty, is what the browser
// sends back as Last-Event-ID. The JSON of a frame holds no line break, so that one data line suffices.
func appendStream(dst, frame []byte, id string) []byte {
	if id != "" {
		dst = append(dst, "id: "...)
		dst = append(dst, id...)
		dst = append(dst, '\n')
	}
	dst = append(dst, "data: "...)
	dst = append(dst, payloadOf(frame)...)
	return append(dst, "\n\n"...)
}

// streamEnd is frameEnd for server-sent events.
func streamEnd(b []byte, off int) int {
	if off < 2 {
		off = 2
	}
	i := bytes.Index(b[off-2:], []byte("\n\n"))
	if i < 0 {
		return len(b)
	}
	return off + i
}

// appendRetry adds the pause, in ms, after which an EventSource comes back.
func appendRetry(dst []byte, ms int) []byte {
	dst = append(dst, "retry: "...)
	dst = strconv.AppendInt(dst, int64(ms), 10)
	return append(dst, "\n\n"...)
}
