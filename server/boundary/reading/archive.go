package reading

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"toancanh/server/boundary"
)

// Bounds of an archive. Its entries are counted as they come out, not as it says they are.
const (
	mostEntries  = 500
	mostUnpacked = 4 * boundary.MostBytes
	mostRatio    = 200 // unpacked to packed, from a mebibyte on
)

// readArchive takes the one layer of a zipped Shapefile, or a JSON file that was zipped.
func readArchive(raw []byte, o Options) (boundary.Layer, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return boundary.Layer{}, boundary.Refuse("format", "Tệp .zip hỏng: %v.", err)
	}
	if len(archive.File) > mostEntries {
		return boundary.Layer{}, boundary.Refuse("size", "Tệp .zip chứa hơn %d tệp.", mostEntries)
	}
	parts := map[string]*zip.File{} // by lower-case name
	var layers, texts []string
	for _, f := range archive.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		base := path.Base(name)
		if f.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(name, "__macosx/") {
			continue
		}
		parts[name] = f
		switch path.Ext(base) {
		case ".shp":
			layers = append(layers, strings.TrimSuffix(name, ".shp"))
		case ".json", ".geojson", ".topojson":
			texts = append(texts, name)
		}
	}
	if o.Layer != "" && len(layers) > 1 {
		layers = slices.DeleteFunc(layers, func(l string) bool { return path.Base(l) != strings.ToLower(o.Layer) })
	}
	budget := &unpacked{left: mostUnpacked}
	switch {
	case len(layers) == 1:
		return readShapefile(func(ext string) ([]byte, error) { return budget.read(parts[layers[0]+ext]) }, o)
	case len(layers) > 1:
		return boundary.Layer{}, boundary.Refuse("layer", "Tệp .zip có nhiều lớp: %s. Hãy chọn một lớp bằng --layer.", strings.Join(layers, ", "))
	case len(texts) == 1:
		text, err := budget.read(parts[texts[0]])
		if err != nil {
			return boundary.Layer{}, err
		}
		if text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n"); len(text) == 0 || text[0] != '{' {
			return boundary.Layer{}, boundary.Refuse("format", "Tệp %s trong .zip không phải JSON.", texts[0])
		}
		return readJSON(text, o)
	}
	return boundary.Layer{}, boundary.Refuse("format", "Tệp .zip không chứa Shapefile (.shp) nào.")
}

// unpacked counts what came out of an archive.
type unpacked struct{ left int64 }

// read unpacks an entry; nil for one that is not there.
func (u *unpacked) read(f *zip.File) ([]byte, error) {
	if f == nil {
		return nil, nil
	}
	if f.Flags&1 != 0 {
		return nil, boundary.Refuse("format", "Tệp .zip có mật khẩu. Hãy nén lại không mật khẩu.")
	}
	r, err := f.Open()
	if err != nil {
		return nil, boundary.Refuse("format", "Tệp %s trong .zip không mở được: %v.", f.Name, err)
	}
	defer r.Close()
	limit := min(u.left, max(1<<20, int64(min(f.CompressedSize64, boundary.MostBytes))*mostRatio)) //nolint:gosec // bounded before
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return nil, boundary.Refuse("size", "Tệp %s trong .zip nở ra quá lớn; có thể là bom nén, nên bị từ chối.", f.Name)
	}
	if errors.Is(err, zip.ErrChecksum) {
		return nil, boundary.Refuse("format", "Tệp %s trong .zip hỏng: sai mã kiểm tra.", f.Name)
	}
	if err != nil {
		return nil, boundary.Refuse("format", "Tệp %s trong .zip hỏng: %v.", f.Name, err)
	}
	u.left -= int64(len(body))
	return body, nil
}
