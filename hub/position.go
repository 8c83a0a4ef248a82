package hub

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"toancanh/schema"
)

// position is how far a client has come: the last seq it has of each topic, within one epoch.
type position struct {
	epoch string
	seqs  map[string]int64
}

// Bounds of a position as text: 16 topics of 96 bytes with their numbers.
const (
	maxSince     = 4096
	maxTopics    = 16
	maxEpochText = 64
)

// parsePosition reads "<epoch>:<topic>=<seq>,<topic>=<seq>". Empty text is no position.
func parsePosition(text string) (position, error) {
	if text == "" {
		return position{}, nil
	}
	if len(text) > maxSince {
		return position{}, fmt.Errorf("since is %d bytes, at most %d are allowed", len(text), maxSince)
	}
	epoch, list, ok := strings.Cut(text, ":")
	if !ok || epoch == "" || len(epoch) > maxEpochText {
		return position{}, errors.New("since: want <epoch>:<topic>=<seq>,…")
	}
	p := position{epoch: epoch, seqs: map[string]int64{}}
	if list == "" {
		return p, nil
	}
	for part := range strings.SplitSeq(list, ",") {
		name, number, ok := strings.Cut(part, "=")
		if !ok {
			return position{}, errors.New("since: want <topic>=<seq> in each part")
		}
		if _, err := schema.ParseTopic(name); err != nil {
			return position{}, fmt.Errorf("since: %w", errNoTopic)
		}
		seq, err := strconv.ParseInt(number, 10, 64)
		if err != nil || seq < 0 {
			return position{}, fmt.Errorf("since: the seq of %s is not a number from 0", name)
		}
		if _, twice := p.seqs[name]; twice || len(p.seqs) == maxTopics {
			return position{}, fmt.Errorf("since: topic %s stands twice or there are more than %d", name, maxTopics)
		}
		p.seqs[name] = seq
	}
	return p, nil
}

// appendPosition adds a position as text, topics in the order given.
func appendPosition(dst []byte, epoch string, names []string, seqs []int64) []byte {
	dst = append(dst, epoch...)
	for i, name := range names {
		sep := byte(',')
		if i == 0 {
			sep = ':'
		}
		dst = append(dst, sep)
		dst = append(dst, name...)
		dst = append(dst, '=')
		dst = strconv.AppendInt(dst, seqs[i], 10)
	}
	return dst
}
