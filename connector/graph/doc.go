// Package graph reads and sends the mail of an Office 365 mailbox through Microsoft Graph, with an
// application's own rights.
//
//	s, err := connector.Connect(ctx, graph.Office365{
//		Tenant:       "contoso.example",
//		ClientID:     "a1b2c3d4-0000-4000-8000-0123456789ab",
//		ClientSecret: keyvault.From(vault, "mail/office365#secret"),
//		Address:      "qa@contoso.example",
//	}, nil)
//
// # What the app needs
//
// An app registration in Microsoft Entra with one credential, and application permissions (not
// delegated ones) with admin consent: Mail.Read to wait and assert, Mail.ReadWrite to move, trash,
// claim and set the read flag, Mail.Send to send. Consent alone opens every mailbox of the tenant;
// Exchange's RBAC for Applications grants the same on chosen mailboxes only and is the better way.
// [Office365.Preflight] tells what is missing, and what is too much.
//
// # How it waits
//
// Graph has no log of arrivals for a whole mailbox. Each look is one list of everything received in
// the last 15 minutes, by the service's clock, compared with what was seen before: mail that rules or
// the junk filter put elsewhere is seen too, and the headers come with the list. About every 30th
// look a delta of the Inbox and of Junk (or of the folders watched) is read beside it, as a safety
// net. A cursor holds all of this, so it works in another process. It is lost only if its text was
// changed, or if the safety net breaks twice in a row.
//
// A mail that shows more than 15 minutes after it was stamped, and in a mailbox with more than 5,000
// mails in 15 minutes one that shows somewhat late, is found by the safety net alone.
//
// # What it reads
//
// The header comes with the list. A mail of up to 1 MiB is read as its bytes, which Exchange writes
// anew for most mail, so that a DKIM signature need not verify. Of a larger one the text alone is
// read, from Graph's fields (Rebuilt), and its attachments when they are opened. A mail that Exchange
// cannot write as bytes at all (opaque S/MIME) is rebuilt from the fields too.
//
// # What it never does
//
// It asks for no search index and for no filter that Graph answers with less than the truth:
// recipients, subjects and texts are compared by the session. It deletes nothing for good. It retries
// nothing but a request whose token was refused, once, with a new one.
package graph
