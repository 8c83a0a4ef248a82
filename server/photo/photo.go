// Package photo holds the rules of photos: what is decoded at all, how a picture is made harmless before it is kept, and how
// a part of one is hidden for good. Bytes go in and bytes come out; nothing is stored, sent or logged.
package photo

import (
	"toancanh/server/fault"
)

// Bounds of a photo. Bytes are those on the wire, pixels those a header declares.
const (
	MaxBytes  = 12 << 20
	MaxPixels = 50_000_000
	MaxSide   = 1600   // of what is kept, in pixels
	maxEdge   = 32_767 // of what is sent, in pixels
	quality   = 85
)

// MaxMemory bounds what one decoding may take, in bytes; whoever lets several run at once shares it out by Header.Memory.
const MaxMemory = 512 << 20

// Kind says what a photo shows.
type Kind string

// The kinds.
const (
	Scene  Kind = "scene"  // what the sender saw
	Answer Kind = "answer" // what the unit did
	Visit  Kind = "visit"  // what the community's team found on site
)

// Known reports whether k is one of the kinds.
func (k Kind) Known() bool { return k == Scene || k == Answer || k == Visit }

// Bounds of how many photos a report has: of its sender, and of everybody else together.
const (
	MostOfSender = 5
	MostOfStaff  = 10
)

// CheckCount says that a report which has n photos of its sender, or of everybody else, takes no more of them.
func CheckCount(n int, ofSender bool) error {
	most := MostOfStaff
	if ofSender {
		most = MostOfSender
	}
	if n < most {
		return nil
	}
	return fault.Conflict("Phản ánh đã có đủ ảnh: nhiều nhất %d ảnh của người gửi và %d của cán bộ.", MostOfSender, MostOfStaff).Because("most_photos")
}

// Picture is a photo as it is kept: a JPEG without any metadata, at most MaxSide long.
type Picture struct {
	JPEG          []byte
	Width, Height int
}

// field is how faults name what was sent.
const field = "photo"

func unreadable(err error) error {
	return fault.Invalid(field, "Ảnh không đọc được; có thể tệp đã hỏng.").Because("unreadable").Wrap(err)
}
