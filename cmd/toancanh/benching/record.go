package benching

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// maxRecord bounds a record, in bytes.
const maxRecord = 1 << 20

// writeRecord sends a tagged message to a part's standard input in one write.
func writeRecord(w io.Writer, tag byte, payload []byte) error {
	b := make([]byte, 5, 5+len(payload))
	b[0] = tag
	binary.BigEndian.PutUint32(b[1:], uint32(len(payload))) //nolint:gosec // bounded by its makers
	if _, err := w.Write(append(b, payload...)); err != nil {
		return fmt.Errorf("send record: %w", err)
	}
	return nil
}

// readRecord reads what writeRecord wrote; io.EOF when the sender has ended.
func readRecord(r *bufio.Reader) (tag byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, io.EOF
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxRecord {
		return 0, nil, fmt.Errorf("record of %d bytes is too long", n)
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, io.EOF
	}
	return head[0], payload, nil
}
