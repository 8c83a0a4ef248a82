package incident

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/fault"
)

// MostFile bounds a file that is no picture, in bytes.
const MostFile = 10 << 20

// Types of files that an incident keeps.
const (
	TypeJPEG = "image/jpeg"
	TypePDF  = "application/pdf"
	TypeText = "text/plain"
	TypeCSV  = "text/csv"
	TypeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	TypeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	TypeODT  = "application/vnd.oasis.opendocument.text"
	TypeODS  = "application/vnd.oasis.opendocument.spreadsheet"
)

// mostName bounds the name of a file, in characters.
const mostName = 120

// FileName makes the name somebody gave a file fit to keep and to write to a disk: one line without a folder.
func FileName(given string) (string, error) {
	if text, err := url.PathUnescape(given); err == nil {
		given = text
	}
	name := strings.TrimSpace(norm.NFC.String(given))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	bad := func(r rune) bool {
		return unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError
	}
	if n := utf8.RuneCountInString(name); name == "." || name == ".." || strings.HasPrefix(name, ".") || n == 0 || n > mostName || strings.ContainsFunc(name, bad) {
		return "", fault.Invalid("name", "Tên tệp cần từ 1 đến %d ký tự, không có thư mục hay ký tự đặc biệt", mostName).Because("format")
	}
	return name, nil
}

// FileType is what a file that is no picture is, by its name's end and by what it holds; whatever is not on the list is refused. A
// document with macros is refused too.
func FileType(name string, content []byte) (string, error) {
	end := strings.ToLower(path.Ext(name))
	var kind string
	var ok bool
	switch end {
	case ".pdf":
		kind, ok = TypePDF, bytes.HasPrefix(content, []byte("%PDF-"))
	case ".txt":
		kind, ok = TypeText, plain(content)
	case ".csv":
		kind, ok = TypeCSV, plain(content)
	case ".docx":
		kind, ok = TypeDOCX, packed(content, "[Content_Types].xml", "word/document.xml")
	case ".xlsx":
		kind, ok = TypeXLSX, packed(content, "[Content_Types].xml", "xl/workbook.xml")
	case ".odt":
		kind, ok = TypeODT, packed(content, "mimetype", "content.xml")
	case ".ods":
		kind, ok = TypeODS, packed(content, "mimetype", "content.xml")
	default:
		return "", fault.Invalid("name", "Chỉ nhận ảnh, .pdf, .docx, .xlsx, .odt, .ods, .csv và .txt").Because("type")
	}
	if !ok {
		return "", fault.Invalid("content", "Nội dung tệp không phải là %s, hoặc có chứa macro", end).Because("type")
	}
	if len(content) > MostFile {
		return "", fault.Invalid("content", "Tệp lớn quá %d MiB", MostFile>>20).Because("too_long")
	}
	return kind, nil
}

func plain(content []byte) bool {
	return utf8.Valid(content) && !bytes.ContainsFunc(content, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) })
}

// packed reports whether the content is an archive with these files and without macros. Nothing of it is unpacked.
func packed(content []byte, needed ...string) bool {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return false
	}
	var names []string
	for _, f := range z.File {
		low := strings.ToLower(f.Name)
		if strings.HasSuffix(low, "vbaproject.bin") || strings.HasPrefix(low, "basic/") || strings.HasPrefix(low, "scripts/") {
			return false
		}
		names = append(names, f.Name)
	}
	return !slices.ContainsFunc(needed, func(name string) bool { return !slices.Contains(names, name) })
}

// PictureName is the name of a picture after it was made a JPEG.
func PictureName(name string) string {
	return fmt.Sprintf("%s.jpg", strings.TrimSuffix(name, path.Ext(name)))
}
