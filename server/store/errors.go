package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"toancanh/server/fault"
)

// classify turns what PostgreSQL and its connection answer into kinds of fault: only here are SQLSTATEs known.
// Class 22 and 23 are the data's own fault; 08, 53, 57, 25006 (read-only), 25P03 and 25P04 (the server ended a
// transaction that stood still, as after a freeze) and lost connections pass.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if _, known := errors.AsType[*fault.Error](err); known {
		return err
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return unavailable(err) // no answer of the server at all: connection, deadline, closed pool
	}
	if noRoom(err) {
		return errFull.Wrap(err)
	}
	switch class := pg.Code[:2]; {
	case class == "08", class == "53", class == "57", class == "58", pg.Code == "55P03",
		pg.Code == "25006", pg.Code == "25P03", pg.Code == "25P04":
		return unavailable(err)
	case class == "40":
		return unavailable(err) // serialisation, deadlock: the same again will do
	case class == "22":
		return fault.Invalid("", "Dữ liệu gửi lên không lưu được.").Wrap(err)
	case pg.Code == "23505":
		return fault.Conflict("Mục này đã có.").Wrap(err)
	}
	return fault.Internal(err)
}

func unavailable(err error) error {
	if errors.Is(err, context.Canceled) {
		return fault.Unavailable("Yêu cầu đã bị hủy.").Wrap(err)
	}
	return fault.Unavailable("Kho dữ liệu đang tạm ngừng, xin gửi lại sau ít giây.").Wrap(err)
}
