// Package gmail connects to a mailbox of Google Workspace through the Gmail API.
//
//	server := gmail.Workspace{
//		ServiceAccount: keyvault.From(vault, "mail/google"), // the JSON key file
//		Address:        "qa@example.com",
//	}
//	s, err := connector.Connect(ctx, server, nil)
//
// # What an administrator does once
//
// In the Cloud console: enable the Gmail API in a project, make a service account and a JSON key
// for it. In the Admin console of the domain, under Security > Access and data control > API
// controls > Manage domain-wide delegation: add the account's numeric client ID with the scope
// https://www.googleapis.com/auth/gmail.modify. [Workspace.Preflight] checks each step and prints
// the line to paste.
//
// # How mail is seen
//
// The place in the stream of mail is Gmail's history id. A look is one history.list (2 units of the
// 6,000 that a mailbox may use in a minute) and names mails by id alone; each is read once, whole
// (20 units), for all who wait. Gmail's search index lags behind the mailbox and compares words in
// its own way: it is asked only by Message-ID and time, never by a wait, and what it may not have
// indexed yet is listed beside it. When Gmail forgets a history id, the newest mails of the watched
// folders are listed and compared with those that were there before.
//
// Labels are folders: a mail may lie in several. One without a folder's label is in
// [connector.Archive]; what is in Junk or Trash is nowhere else. Drafts and copies of sent mail are
// no arrivals; a mail from the mailbox to itself is one, in Inbox and Sent at once.
//
// # What is not done
//
// Nothing is deleted for good, and no request is repeated but one: a refused access token is
// replaced once. No GOOGLE_* environment variable changes what this package does.
package gmail
