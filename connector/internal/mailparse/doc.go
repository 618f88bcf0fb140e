// Package mailparse reads mails, also broken ones.
//
// A mail is read once, from a stream, in linear time. Nothing readable is
// lost: what the standards do not allow is read as a person would read it
// and reported in [Mail.Defects].
package mailparse
