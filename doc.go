// Package cloudmail is the map of a library that lets a test connect to a cloud mail server, wait
// for the mail its product sent, and assert on it. The package itself has no code.
//
// # The folders
//
//   - [github.com/cloudmail-go/cloudmail/connector]: sessions, queries, messages, waiting, errors,
//     and the contract of a backend. It compiles with one library for MIME and nothing else.
//   - connector/gmail: Google Workspace through the Gmail API. connector/graph: Office 365 through
//     Microsoft Graph. connector/imap, connector/pop3: mail servers by protocol. connector/memory: a
//     mailbox in memory, the contract in executable form.
//   - connector/oauth: tokens of Microsoft and Google. connector/smtp: submission.
//   - connector/links, connector/codes, connector/delivery: links, one-time codes, bounces and the
//     way of a mail.
//   - connector/html: elements by CSS selector, tables, images, and what a template left unfilled.
//   - connector/connectortest: the laws that every backend keeps, as a test suite.
//   - [github.com/cloudmail-go/cloudmail/keyvault]: secrets that cannot print, from any key vault;
//     one folder a vault.
//   - [github.com/cloudmail-go/cloudmail/testhelpers]: what a test calls; below it the embedded
//     services (fakegmail, fakegraph, fakesmtp, …) over one mail store (mailstore), and real mail
//     servers (realserver).
//   - [github.com/cloudmail-go/cloudmail/fixtures]: sample mails, each with the message that must
//     be read from it.
//
// # Where to start
//
// The stories in examples_test.go run on a laptop without a cloud: the vendors' own clients talk
// to services embedded in the test process. README.md has the first steps, ARCHITECTURE.md the
// reasons.
package cloudmail
