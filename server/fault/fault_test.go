package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
)

func TestKindOfFindsTheKindThroughWraps(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		want fault.Kind
	}{
		{"a bare fault", fault.NotFound("Không thấy"), fault.KindNotFound},
		{"a wrapped fault", fmt.Errorf("list reports: %w", fault.Conflict("Đã đổi")), fault.KindConflict},
		{"a stranger is internal", context.DeadlineExceeded, fault.KindInternal},
		{"an internal one says so", fault.Internal(errors.New("disk")), fault.KindInternal},
		{"a list of one kind", fault.Join(fault.Invalid("a", "x"), fault.Invalid("b", "y")), fault.KindInvalid},
		{"a list with a stranger is internal", fault.Join(fault.Invalid("a", "x"), errors.New("disk")), fault.KindInternal},
		{"a wrapped list", fmt.Errorf("check: %w", fault.Join(fault.Forbidden("x"), fault.Forbidden("y"))), fault.KindForbidden},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := fault.KindOf(c.err); got != c.want {
				t.Errorf("KindOf(%v) = %v, want %v", c.err, got, c.want)
			}
		})
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	t.Run("nothing wrong is nil", func(t *testing.T) {
		t.Parallel()
		if err := fault.Join(nil, nil); err != nil {
			t.Errorf("Join(nil, nil) = %v", err)
		}
	})
	t.Run("lists are flattened in order", func(t *testing.T) {
		t.Parallel()
		inner := fault.Join(fault.Invalid("b", "2"), fault.Invalid("c", "3"))
		err := fault.Join(fault.Invalid("a", "1"), nil, inner)
		var got []string
		for _, e := range fault.Items(err) {
			got = append(got, e.Field)
		}
		if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
	})
	t.Run("a cause stays reachable", func(t *testing.T) {
		t.Parallel()
		cause := errors.New("cause")
		err := fault.Join(fault.Invalid("a", "1"), fault.Internal(cause))
		if !errors.Is(err, cause) {
			t.Errorf("errors.Is(%v, cause) = false", err)
		}
	})
}

func TestAtMarksEveryFaultWithItsIndex(t *testing.T) {
	t.Parallel()
	original := fault.Invalid("value", "sai").Because("bad_value")
	items := fault.Items(fault.At(3, fault.Join(original, fault.Invalid("at", "sai"))))
	if len(items) != 2 {
		t.Fatalf("%d items, want 2", len(items))
	}
	for _, e := range items {
		if e.Index == nil || *e.Index != 3 {
			t.Errorf("index of %s = %v, want 3", e.Field, e.Index)
		}
	}
	if original.Index != nil {
		t.Error("At changed the fault it was given")
	}
	if items[0].Reason != "bad_value" {
		t.Errorf("reason = %q, want bad_value", items[0].Reason)
	}
	if fault.At(1, nil) != nil {
		t.Error("At(1, nil) is not nil")
	}
}

func TestMessageKeepsTheInsideFromStrangers(t *testing.T) {
	t.Parallel()
	const general = "Hệ thống gặp lỗi, vui lòng thử lại sau"
	for _, err := range []error{errors.New("password=abc"), fault.Internal(errors.New("password=abc"))} {
		if got := fault.Message(err); got != general {
			t.Errorf("Message(%v) = %q", err, got)
		}
	}
	if got := fault.Message(fmt.Errorf("act: %w", fault.Conflict("Đã đổi"))); got != "Đã đổi" {
		t.Errorf("Message = %q, want the fault's own", got)
	}
}

func TestErrorTextNamesPlaceAndCause(t *testing.T) {
	t.Parallel()
	err := fault.At(2, fault.Invalid("unit", "Chưa chọn").Wrap(errors.New("empty")))
	if got, want := err.Error(), "[2] unit: Chưa chọn: empty"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if fault.Is(nil, fault.KindInternal) || !fault.Is(err, fault.KindInvalid) {
		t.Error("Is is wrong about nil or about the kind")
	}
	if got := fault.Kind(99).String(); got != "internal" {
		t.Errorf("an unknown kind is %q", got)
	}
}
