// Package fakegmail is Google Workspace in this process, as far as a mail client meets it: the OAuth
// token endpoint with domain-wide delegation, signJwt of IAM, and the Gmail API, over the mailboxes
// of a mailstore.
//
// It reads the service's documents and what was measured of the real service, not the client that it
// serves: status codes, bodies, the order of the checks, scopes, prices and limits are the
// service's own. What is doubtful is a field of [Options] with a number; ASSUMPTIONS.md says on what
// evidence each stands.
//
//	store := mailstore.New()
//	store.Add("qa@example.com")
//	google := fakegmail.New(store, nil)
//	key, err := google.ServiceAccountJSON("example.com", fakegmail.ScopeModify)
//	client := &http.Client{Transport: google.RoundTripper()}
//
// # Doors
//
// [Fake.RoundTripper] is the door in memory. It answers for oauth2.googleapis.com,
// iamcredentials.googleapis.com, gmail.googleapis.com and www.googleapis.com, so that a client needs
// no other address, and works in a testing/synctest bubble. [Fake.Start] and [Fake.StartPlain] are
// doors on the loopback interface; there all endpoints live at one root. A Fake is an [http.Handler]
// for any other door.
//
// # Mail
//
// Each mailbox of the store is a user, by its own address. A mail's labels are its folder (INBOX,
// SENT, DRAFT, SPAM, TRASH, none for Archive, a user label for another folder), its flags (UNREAD,
// STARRED) and its keywords: a keyword is the name of a user label, or the id of a system label
// without a folder, such as IMPORTANT. So mail that comes to the store by another door is there at
// once, and what is done here is seen there. Ids and history follow the store's log. Mail that is
// sent goes to the store's other mailboxes; nothing leaves the process.
//
// # What tests do to it
//
// The users: [Fake.SetUser], [Fake.Delegate], [Fake.ForbidApps], [Fake.EnableAPI]. The keys:
// [Fake.RevokeKeys], [Fake.RotateKey], [Fake.RemoveAccount]. Time's work: [Fake.ExpireTokens],
// [Fake.ExpireHistory], Options.SearchLag. Limits: [Fake.Throttle], [Fake.Units], Options.
//
// The embedded front counts requests, delays them and makes them fail: Fake.Counter, Fake.Latency,
// Fake.Faults; [Fake.FailNext] pushes a fault with a body as the service writes it. The kinds of
// requests are:
//
//	token consent devicecode revoke signjwt batch chunk unknown
//	profile history watch stop
//	list get attachment send insert import modify batchmodify trash untrash delete batchdelete
//	threads thread threadmodify threadtrash threaduntrash threaddelete
//	drafts draft draftcreate draftupdate draftsend draftdelete
//	labels label labelcreate labelupdate labeldelete settings
//
// # Missing
//
// Push (watch and stop answer 501), writing settings and filters, delegates, client-side encryption,
// classification labels, gzip, and user consent by browser.
package fakegmail
