package public

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/door"
	"toancanh/server/fault"
	"toancanh/server/intake"
	"toancanh/server/limit"
	"toancanh/server/photo"
	"toancanh/server/report"
	"toancanh/server/store"
)

// visitPhotos are the photos of a report for the team that looks at its site.
type visitPhotos interface {
	Photos(ctx context.Context, reportID string) ([]store.Photo, error)
	OpenPhoto(ctx context.Context, p store.Photo, covered bool) ([]byte, error)
	AddPhoto(ctx context.Context, b intake.PhotoBody) (answer json.RawMessage, repeated bool, err error)
}

// mostEnvelope is what a form may add around a photo, in bytes.
const mostEnvelope = 64 << 10

// formType is how a form sends files.
const formType = "multipart/form-data"

// theirVisit finds an open visit of the member; whoever is not of the team meets none.
func (s *Site) theirVisit(ctx context.Context, said intake.OnSite) (store.OpenVisit, error) {
	list, _, err := s.Visits.OpenVisits(ctx, said.PersonID)
	if err != nil {
		return store.OpenVisit{}, err
	}
	for _, v := range list {
		if v.ID == said.Visit {
			return v, nil
		}
	}
	return store.OpenVisit{}, fault.NotFound("Không có yêu cầu xác minh này.")
}

// getVisitPhoto is a photo of the report that a team is asked to look at: what somebody has covered comes covered.
func (s *Site) getVisitPhoto(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	said, err := s.member(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), answerLimit)
	defer cancel()
	v, err := s.theirVisit(ctx, said)
	if err != nil {
		return err
	}
	list, err := s.Visits.Photos(ctx, v.ReportID)
	if err != nil {
		return err
	}
	for _, p := range list {
		if p.ID == c.Params("photo") {
			content, err := s.Visits.OpenPhoto(ctx, p, p.Copy != "")
			if err != nil {
				return err
			}
			c.Set(fiber.HeaderCacheControl, "no-store")
			return door.SendPhoto(c, p.ID, content)
		}
	}
	return errNoPhoto
}

// postVisitPhoto takes a photo that a member made on the site.
func (s *Site) postVisitPhoto(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Writes(), ""); err != nil {
		return err
	}
	said, err := s.member(c)
	if err != nil {
		return err
	}
	content, err := photoOf(c)
	if err != nil {
		return err
	}
	return s.told(c, said, "anh", func(ctx context.Context, said intake.OnSite) (report.Visit, error) {
		v, err := s.theirVisit(ctx, said)
		switch {
		case err != nil:
			return v.Visit, err
		case v.ArrivedAt == nil:
			return v.Visit, fault.Conflict("Xin báo có mặt tại hiện trường trước khi gửi ảnh.").Because("not_arrived")
		case len(content) == 0:
			return v.Visit, fault.Invalid("photo", "Chưa chọn ảnh.").Because("required")
		}
		// The same photo of the same visit again is the first one.
		hash := sha256.Sum256(content)
		_, _, err = s.Visits.AddPhoto(ctx, intake.PhotoBody{
			ReportID: v.ReportID, Kind: photo.Visit, Content: content, Actor: "person:" + said.PersonID,
			Key: &intake.Key{Scope: "visit " + v.ID, Key: hex.EncodeToString(hash[:]), BodyHash: hash[:]},
		})
		return v.Visit, err
	})
}

// photoOf is the file of a form; empty when none was chosen.
func photoOf(c *fiber.Ctx) ([]byte, error) {
	media, params, err := mime.ParseMediaType(string(c.Request().Header.ContentType()))
	if err != nil || media != formType {
		return nil, &door.Refusal{Status: fiber.StatusUnsupportedMediaType, Detail: "Cần Content-Type: " + formType + "."}
	}
	parts := multipart.NewReader(bytes.NewReader(c.Request().Body()), params["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, &door.Refusal{Status: fiber.StatusBadRequest, Detail: "Biểu mẫu không đọc được.", Err: err}
		}
		if part.FormName() == "photo" {
			content, err := io.ReadAll(io.LimitReader(part, photo.MaxBytes+1))
			if err != nil {
				return nil, &door.Refusal{Status: fiber.StatusBadRequest, Detail: "Biểu mẫu không đọc được.", Err: err}
			}
			return content, nil
		}
	}
}
