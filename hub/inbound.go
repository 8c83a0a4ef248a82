package hub

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"toancanh/schema"
)

// Close codes of RFC 6455, section 7.4.1, that a client's own fault earns it.
const (
	closeNormal   = 1000
	closeProtocol = 1002
	closeNotUTF8  = 1007
	closeTooBig   = 1009
)

// maxInbound bounds a message from a client, in bytes, over all its fragments.
const maxInbound = 8 << 10

// refusal ends a connection with a close code. It is an error so that it can be found with errors.As.
type refusal struct {
	code   int
	reason string
}

func (r *refusal) Error() string { return fmt.Sprintf("close %d: %s", r.code, r.reason) }

// inbound takes a client's bytes apart into messages (RFC 6455, section 5). It keeps memory only while a frame
// or a message is incomplete. Compression is never negotiated, so a reserved bit is an error and the limit
// counts what the message really holds.
type inbound struct {
	partial []byte // an incomplete frame
	message []byte // the fragments of an unfinished message
	op      byte   // its opcode; 0 when none is under way
}

// feed reads b and calls on for each whole message and control frame. A payload is on's only while it runs.
func (in *inbound) feed(b []byte, on func(op byte, payload []byte) error) error {
	if len(in.partial) > 0 {
		in.partial = append(in.partial, b...)
		b = in.partial
	}
	for {
		op, fin, payload, rest, err := cutFrame(b)
		if err != nil {
			return err
		}
		if rest == nil {
			break
		}
		b = rest
		if err := in.take(op, fin, payload, on); err != nil {
			return err
		}
	}
	if len(b) == 0 {
		in.partial = nil
		return nil
	}
	in.partial = append(make([]byte, 0, len(b)), b...)
	return nil
}

// cutFrame cuts the first frame off b and unmasks it in place. rest is nil while the frame is incomplete.
func cutFrame(b []byte) (op byte, fin bool, payload, rest []byte, err error) {
	if len(b) < 2 {
		return 0, false, nil, nil, nil
	}
	op, fin = b[0]&0x0F, b[0]&bitFin != 0
	n, at := uint64(b[1]&0x7F), 2
	if err := checkHeader(b[0], b[1]); err != nil {
		return 0, false, nil, nil, err
	}
	switch n {
	case 126:
		if at = 4; len(b) < at {
			return 0, false, nil, nil, nil
		}
		if n = uint64(binary.BigEndian.Uint16(b[2:])); n < 126 {
			return 0, false, nil, nil, &refusal{closeProtocol, "length not in its shortest form"}
		}
	case 127:
		if at = 10; len(b) < at {
			return 0, false, nil, nil, nil
		}
		if n = binary.BigEndian.Uint64(b[2:]); n <= 0xFFFF || n>>63 != 0 {
			return 0, false, nil, nil, &refusal{closeProtocol, "length not in its shortest form"}
		}
	}
	if n > maxInbound {
		return 0, false, nil, nil, &refusal{closeTooBig, "message too big"}
	}
	end := at + 4 + int(n) //nolint:gosec // n is at most maxInbound here
	if len(b) < end {
		return 0, false, nil, nil, nil
	}
	mask := b[at : at+4]
	payload = b[at+4 : end]
	for i := range payload {
		payload[i] ^= mask[i&3]
	}
	return op, fin, payload, b[end:], nil
}

func checkHeader(b0, b1 byte) error {
	op := b0 & 0x0F
	switch {
	case b0&0x70 != 0:
		return &refusal{closeProtocol, "reserved bit set"}
	case op > opBinary && op < opClose, op > opPong:
		return &refusal{closeProtocol, "unknown opcode"}
	case b1&bitMask == 0:
		return &refusal{closeProtocol, "frame is not masked"}
	case op >= opClose && (b0&bitFin == 0 || b1&0x7F > 125):
		return &refusal{closeProtocol, "control frame is fragmented or too long"}
	}
	return nil
}

// take handles one frame.
func (in *inbound) take(op byte, fin bool, payload []byte, on func(op byte, payload []byte) error) error {
	switch {
	case op >= opClose:
		return on(op, payload)
	case op == opContinuation && in.op == 0:
		return &refusal{closeProtocol, "continuation without a message"}
	case op != opContinuation && in.op != 0:
		return &refusal{closeProtocol, "new message inside a fragmented one"}
	case len(in.message)+len(payload) > maxInbound:
		return &refusal{closeTooBig, "message too big"}
	}
	if op != opContinuation && fin {
		return deliverMessage(op, payload, on)
	}
	if op != opContinuation {
		in.op = op
	}
	in.message = append(in.message, payload...)
	if !fin {
		return nil
	}
	message, kind := in.message, in.op
	in.message, in.op = nil, 0
	return deliverMessage(kind, message, on)
}

func deliverMessage(op byte, payload []byte, on func(op byte, payload []byte) error) error {
	if op == opBinary {
		return &refusal{schema.CloseBadMessage, "binary messages are not taken"}
	}
	if !utf8.Valid(payload) {
		return &refusal{closeNotUTF8, "text is not UTF-8"}
	}
	return on(op, payload)
}

// checkClose reads a client's close payload and returns the code to answer with.
func checkClose(payload []byte) int {
	if len(payload) == 0 {
		return closeNormal
	}
	if len(payload) == 1 || !utf8.Valid(payload[2:]) {
		return closeProtocol
	}
	code := int(binary.BigEndian.Uint16(payload))
	switch {
	case code >= 3000 && code <= 4999, code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006:
		return code
	default:
		return closeProtocol
	}
}
