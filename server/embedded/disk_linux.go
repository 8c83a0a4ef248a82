package embedded

import (
	"os"
	"strconv"
	"syscall"
	"time"
)

// changed is when the file's entry was last written, which no copy keeps. A file nobody writes again keeps it for life.
func changed(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return strconv.FormatInt(time.Unix(stat.Ctim.Unix()).UnixNano(), 36)
}
