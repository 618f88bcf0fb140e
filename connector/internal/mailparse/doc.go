// Package mailparse reads mails, also broken ones. It is the only MIME
// parser of the module: what a query matches is what this package read.
//
// A mail is read once, from a stream. Nothing readable is lost: what the
// standards do not allow is read as a person would read it and reported in
// [Mail.Defects]. There is no mail that it refuses; the only error is that of
// the reader.
//
// # How
//
// A scanner cuts the stream at the boundaries of all open multiparts at once,
// so that a line costs the same at any depth (scan.go). A header block is
// taken field by field; lines that are no field are skipped, or belong to the
// body (block.go). A walker goes from leaf to leaf and numbers them as IMAP
// does (walk.go). The transfer encodings (transfer.go, quoted.go), charsets
// (charset.go, guess.go), encoded words (words.go), parameters (params.go)
// and address lists (address.go) have a decoder each, which goes on after an
// error.
//
// # Cost
//
// Time is linear in the size of the mail, whatever is in it. Memory is what
// [Limits] allow: text and small parts are kept, of a large part only its
// description and its hash. Beyond a limit the mail is [Mail.Truncated].
//
// # What a reader sees
//
// A label is honoured where the text can be read by it, also if another one
// would suit better: that is what mail programs show. Text without a charset,
// or not in the one that it claims, is read as what it is: UTF-8 if it is
// valid, Japanese by its escapes or kana, else windows-1252.
package mailparse
