package mailstore

import "errors"

// The errors of a mailbox; what they wrap around names the key or the path.
var (
	ErrNotFound     = errors.New("no such mail")          // the key is unknown here, or the mail is gone for good
	ErrNoFolder     = errors.New("no such folder")        // the path is unknown here: CreateFolder makes it
	ErrFolderExists = errors.New("folder exists already") // CreateFolder was asked for a path that is there
	ErrFolderName   = errors.New("not a folder path")     // empty, or with an empty level such as "A//B"
	ErrStandard     = errors.New("a standard folder")     // DeleteFolder was asked for one of the six
)
