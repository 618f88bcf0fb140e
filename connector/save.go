package connector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/cloudmail-go/cloudmail/connector/internal/folding"
)

// Bounds of a file name that every file system takes.
const (
	maxFileName = 200  // bytes, of the 255 that most take: the rest is room for a number
	maxSuffix   = 20   // bytes of the extension that are kept when a name is cut
	maxSameName = 1000 // files of one name in one folder
)

// Save writes the content into a folder and returns the name that the file got there: [SafeName]
// of the attachment's, with " (2)", " (3)" where there is one already. No file is ever overwritten,
// and none is written outside the folder, whatever the mail says. Of a mail that could not be read
// to its end nothing stays behind.
func (a *Attachment) Save(ctx context.Context, dir *os.Root) (name string, err error) {
	r, err := a.Open(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	f, name, err := createNew(dir, a.fileName())
	if err != nil {
		return "", &Error{Op: "save attachment " + quote(a.Name), Kind: ErrConfig, Err: err, Remedy: "give a folder that can be written to"}
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("save attachment %s: %w", quote(a.Name), err), dir.Remove(name))
	}
	return name, nil
}

// createNew creates a file under the first name of the row that is free.
func createNew(dir *os.Root, name string) (*os.File, string, error) {
	suffix := path.Ext(name)
	stem := strings.TrimSuffix(name, suffix)
	for i := range maxSameName {
		if i > 0 {
			name = fmt.Sprintf("%s (%d)%s", stem, i+1, suffix)
		}
		f, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, name, err
		}
	}
	return nil, "", fmt.Errorf("the folder has %d files of the name %s", maxSameName, quote(name))
}

// fileName is the attachment's name as a file, made of its number and type if it has none.
func (a *Attachment) fileName() string {
	if strings.TrimSpace(a.Name) != "" {
		return SafeName(a.Name)
	}
	_, sub, _ := strings.Cut(a.Type, "/")
	if own, ok := suffixes[a.Type]; ok {
		sub = own
	}
	return SafeName("part-" + a.Part + "." + sub)
}

// suffixes of types whose second half is none.
var suffixes = map[string]string{
	"message/rfc822": "eml", "message/global": "eml", "text/plain": "txt", "text/calendar": "ics",
	"application/octet-stream": "bin", "application/ms-tnef": "dat", "application/vnd.ms-tnef": "dat",
	"image/svg+xml": "svg", "message/delivery-status": "txt", "text/rfc822-headers": "txt",
}

// SafeName makes a file name that means a file in the folder at hand, on every system, out of what
// a mail calls an attachment: the last element of a path; without control characters, invisible
// marks and the characters that Windows refuses; not hidden, not a device of Windows, without blanks
// and dots at its end; in NFC, at most 200 bytes, its extension kept. It is never empty.
func SafeName(name string) string {
	name = strings.ToValidUTF8(norm.NFC.String(name), "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(fileRune, name)
	name = strings.TrimLeft(name, ". ~")
	name = strings.TrimRight(cutName(name), ". ")
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	if slices.Contains(devices, strings.TrimSpace(stem)) {
		name = "_" + name
	}
	if name == "" {
		return "attachment"
	}
	return name
}

// devices are the names that Windows gives to no file
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
var devices = strings.Fields("CON PRN AUX NUL CONIN$ CONOUT$ COM0 COM1 COM2 COM3 COM4 COM5 COM6 COM7 COM8 COM9 COM¹ COM² COM³" +
	" LPT0 LPT1 LPT2 LPT3 LPT4 LPT5 LPT6 LPT7 LPT8 LPT9 LPT¹ LPT² LPT³")

// fileRune maps a character of a name to one that a file may have.
func fileRune(r rune) rune {
	switch {
	case folding.Invisible(r):
		return -1
	case r == utf8.RuneError, unicode.IsControl(r), strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	case unicode.IsSpace(r):
		return ' '
	}
	return r
}

// cutName shortens a name to what file systems take, in front of its extension.
func cutName(name string) string {
	if len(name) <= maxFileName {
		return name
	}
	suffix := path.Ext(name)
	if len(suffix) > maxSuffix {
		suffix = ""
	}
	stem := name[:maxFileName-len(suffix)]
	for !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return stem + suffix
}
