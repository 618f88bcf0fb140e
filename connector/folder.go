package connector

import (
	"slices"
	"strings"
)

// Folder names a folder of a mailbox: one of the well-known ones below, whatever the service and
// its language call them, else a path as [Session.Folders] prints it ("Projects/2026").
type Folder string

// The folders that every service has.
const (
	Inbox    Folder = "Inbox"
	Junk     Folder = "Junk"
	Sent     Folder = "Sent"
	Drafts   Folder = "Drafts"
	Trash    Folder = "Trash"
	Archive  Folder = "Archive"
	Anywhere Folder = "*" // every folder, Junk and Trash included
)

// wellKnown are the folders with a fixed name, spelt alike everywhere.
var wellKnown = []Folder{Inbox, Junk, Sent, Drafts, Trash, Archive, Anywhere}

// clean returns the folder as this package spells it: well-known names in any case, paths without
// slashes at their ends.
func (f Folder) clean() Folder {
	for _, w := range wellKnown {
		if strings.EqualFold(string(f), string(w)) {
			return w
		}
	}
	return Folder(strings.Trim(string(f), "/"))
}

// watches reports whether mail in any of the folders counts as arrived, if these are watched. What
// was written or sent here never does.
func watches(watched, folders []Folder) bool {
	own := func(f Folder) bool { return f == Sent || f == Drafts }
	if len(folders) > 0 && !slices.ContainsFunc(folders, func(f Folder) bool { return !own(f) }) {
		return false
	}
	return slices.Contains(watched, Anywhere) ||
		slices.ContainsFunc(folders, func(f Folder) bool { return slices.Contains(watched, f) })
}

// folderNames joins folders for a text.
func folderNames(folders []Folder) string {
	s := make([]string, len(folders))
	for i, f := range folders {
		s[i] = string(f)
	}
	return strings.Join(s, ", ")
}
