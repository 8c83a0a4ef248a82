package door

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// RangeFile serves one large file in the parts that are asked for (RFC 9110, section 14), such as a base map. The file is
// opened for each request: one that was replaced is served at once, under another ETag.
type RangeFile struct {
	path, contentType string
}

var errNoPMTiles = errors.New("is no PMTiles file of version 3")

// NewPMTiles looks whether a file is a PMTiles archive of version 3 that can be read.
func NewPMTiles(path string) (*RangeFile, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's setting, not a caller's word
	if err != nil {
		return nil, fmt.Errorf("open base map: %w", err)
	}
	defer f.Close()
	head := make([]byte, 8)
	if _, err := io.ReadFull(f, head); err != nil || !bytes.Equal(head, []byte("PMTiles\x03")) {
		return nil, fmt.Errorf("open base map: %s %w", path, errNoPMTiles)
	}
	return &RangeFile{path, "application/vnd.pmtiles"}, nil
}

// part is a stretch of an open file; closing it closes the file.
type part struct {
	*io.SectionReader
	io.Closer
}

// Serve answers a GET or HEAD with the file or the part asked for.
func (r *RangeFile) Serve(c *fiber.Ctx) error {
	f, err := os.Open(r.path)
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return fmt.Errorf("look at file: %w", err)
	}
	size := int(info.Size())
	mark := fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), size)
	c.Set(fiber.HeaderETag, mark)
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	c.Set(fiber.HeaderCacheControl, CacheAsk)
	c.Response().Header.SetContentType(r.contentType)
	if c.Get(fiber.HeaderIfNoneMatch) == mark {
		_ = f.Close()
		return c.SendStatus(fiber.StatusNotModified)
	}
	start, end := 0, size-1
	wanted := c.Request().Header.Peek(fiber.HeaderRange)
	if whole := c.Get(fiber.HeaderIfRange); len(wanted) > 0 && (whole == "" || whole == mark) {
		if start, end, err = fasthttp.ParseByteRange(wanted, size); err != nil {
			_ = f.Close()
			c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", size))
			return fiber.ErrRequestedRangeNotSatisfiable
		}
		c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", start, end, size))
		c.Status(fiber.StatusPartialContent)
	}
	length := end - start + 1
	c.Context().Response.SetBodyStream(part{io.NewSectionReader(f, int64(start), int64(length)), f}, length)
	return nil
}
