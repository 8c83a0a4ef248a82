// Package fault names the kinds of failure a caller can act on, and carries the sentence a person may read.
// It never decides how a failure is shown: a door turns kinds into answers, and only a door logs them.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about a failure.
type Kind int

// The kinds. Internal is the zero value: whatever nobody classified is our own fault.
const (
	KindInternal        Kind = iota // nothing the caller did; the message is not for people
	KindInvalid                     // what was sent is wrong; sending it again will not help
	KindUnauthenticated             // who is asking?
	KindForbidden                   // known, and not allowed
	KindNotFound                    // no such thing, or not for this caller
	KindConflict                    // not in the present state; look again and decide again
	KindTooMany                     // too much at once; come back later
	KindUnavailable                 // something we need is away; come back later
)

// String is the kind's word for logs and metrics.
func (k Kind) String() string {
	switch k {
	case KindInvalid:
		return "invalid"
	case KindUnauthenticated:
		return "unauthenticated"
	case KindForbidden:
		return "forbidden"
	case KindNotFound:
		return "not_found"
	case KindConflict:
		return "conflict"
	case KindTooMany:
		return "too_many"
	case KindUnavailable:
		return "unavailable"
	default:
		return "internal"
	}
}

// Error is a classified failure. Message is a Vietnamese sentence for the person who asked and holds nothing
// personal; Err is the cause for the log and may be nil.
type Error struct {
	Kind    Kind
	Message string
	Field   string // the field at fault as it is named in the JSON sent, "location.lat"; empty when there is none
	Reason  string // a machine's word, "too_long"; empty when the kind says enough
	Index   *int   // position in the list sent, from 0; nil when no list was sent
	Err     error
}

// Error joins message and cause.
func (e *Error) Error() string {
	text := e.Message
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Index != nil {
		text = fmt.Sprintf("[%d] %s", *e.Index, text)
	}
	switch {
	case e.Err == nil:
		return text
	case text == "":
		return e.Err.Error()
	}
	return text + ": " + e.Err.Error()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Because returns a copy with the machine's word for the reason.
func (e *Error) Because(reason string) *Error {
	c := *e
	c.Reason = reason
	return &c
}

// Wrap returns a copy with its cause.
func (e *Error) Wrap(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// Invalid says that a field of what was sent is wrong.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Kind: KindInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Unauthenticated says that the caller is not known.
func Unauthenticated(format string, args ...any) *Error { return of(KindUnauthenticated, format, args) }

// Forbidden says that the caller is known and may not.
func Forbidden(format string, args ...any) *Error { return of(KindForbidden, format, args) }

// NotFound says that there is no such thing for this caller.
func NotFound(format string, args ...any) *Error { return of(KindNotFound, format, args) }

// Conflict says that the present state does not allow it.
func Conflict(format string, args ...any) *Error { return of(KindConflict, format, args) }

// TooMany says that the caller asks too much at once.
func TooMany(format string, args ...any) *Error { return of(KindTooMany, format, args) }

// Unavailable says that something we need is away.
func Unavailable(format string, args ...any) *Error { return of(KindUnavailable, format, args) }

// Internal wraps a cause that is our own fault. It returns nil for a nil cause.
func Internal(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: KindInternal, Message: "Hệ thống gặp lỗi, vui lòng thử lại sau", Err: err}
}

func of(k Kind, format string, args []any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// KindOf is the kind of err: of a list the kind of its gravest item, internal for anything unclassified.
func KindOf(err error) Kind {
	items := Items(err)
	if len(items) == 0 {
		return KindInternal
	}
	for _, e := range items {
		if e.Kind == KindInternal {
			return KindInternal
		}
	}
	return items[0].Kind
}

// Is reports whether err is of the kind. A nil error is of no kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Message is the sentence for people in err; for an unclassified error it is a general one, so that nothing
// of the inside reaches a stranger.
func Message(err error) string {
	if items := Items(err); len(items) > 0 && items[0].Message != "" {
		return items[0].Message
	}
	return "Hệ thống gặp lỗi, vui lòng thử lại sau"
}

// Join makes one error of many, keeping their order; nils are left out and nothing left is nil. Joined lists
// are flattened.
func Join(errs ...error) error {
	var l list
	for _, err := range errs {
		var inner list
		switch {
		case err == nil:
		case errors.As(err, &inner):
			l = append(l, inner...)
		default:
			l = append(l, err)
		}
	}
	switch len(l) {
	case 0:
		return nil
	case 1:
		return l[0]
	}
	return l
}

// At marks err, and every fault of a list, as belonging to the item at index (from 0) of what was sent.
func At(index int, err error) error {
	var marked []error
	for _, e := range Items(err) {
		c := *e
		c.Index = &index
		marked = append(marked, &c)
	}
	return Join(marked...)
}

// Items lists the classified faults in err, in order; an unclassified part stands as an internal fault that
// wraps it. It is empty for nil.
func Items(err error) []*Error {
	if err == nil {
		return nil
	}
	if l, ok := errors.AsType[list](err); ok {
		var items []*Error
		for _, e := range l {
			items = append(items, Items(e)...)
		}
		return items
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return []*Error{e}
	}
	return []*Error{{Kind: KindInternal, Err: err}}
}

type list []error

func (l list) Error() string { return errors.Join(l...).Error() }

func (l list) Unwrap() []error { return l }
