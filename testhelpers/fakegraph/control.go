package fakegraph

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// Quirk is a fault of the service that answers look right with.
type Quirk int

// The quirks that [Fake.Quirk] switches on.
const (
	EmptyPage       Quirk = iota + 1 // a page of a list or delta that has no items, and a nextLink
	LostNextLink                     // a page without nextLink although there is more (docs-contrib#7980)
	TruncatedSearch                  // $search with immutable ids: 200, and JSON that breaks off (docs-contrib#1274)
	ReplayDelta                      // a delta round that repeats the one before (msgraph-sdk-go#969)
)

// Quirk makes the next n answers that could show a quirk show it; -1 stands for all of them, 0
// ends it.
func (f *Fake) Quirk(q Quirk, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.quirks[q] = n
}

// quirk takes one of the times.
func (f *Fake) quirk(q Quirk) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.quirks[q]
	if n > 0 {
		f.quirks[q]--
	}
	return n != 0
}

// ExpireTokens ends the life of all tokens issued so far: Graph answers 401, and Entra issues new
// ones.
func (f *Fake) ExpireTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokensFrom = f.serial + 1
}

// RevokeTokens is what Continuous Access Evaluation does to the tokens of an app, "" for all apps:
// a 401 with a claims challenge, for tokens of clients that announced CP1. Others go on working
// unless Options.StrictRevoke is set.
func (f *Fake) RevokeTokens(clientID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, a := range f.apps {
		if clientID == "" || strings.EqualFold(clientID, id) {
			a.tokensFrom = f.serial + 1
		}
	}
}

// ExpireDeltas kills every delta and next link given so far: they are answered with 410.
func (f *Fake) ExpireDeltas() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for token := range f.deltas {
		f.deltas[token] = &deltaState{}
	}
}

// NoMailbox makes a user one that the directory knows and that has no mailbox in the cloud: a
// guest, an unlicensed, soft-deleted or on-premises one. A mailbox of that address in the store is
// not reachable any more.
func (f *Fake) NoMailbox(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unlicensed[strings.ToLower(address)] = true
}

// Link adds a reference attachment to the mail with a key of the store.
func (f *Fake) Link(key uint64, r Reference) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.linked[key] = append(f.linked[key], r)
}

// UserID is the object id by which the mailbox of an address can be named in a URL.
func UserID(address string) string { return mailboxGUID(address) }

// GraphError is a fault for requests of a kind ("" is any): one of the rows of [GraphErrors], with
// the body and the header fields that the service sends. Change the result for other numbers:
//
//	fault := fakegraph.GraphError("list", "ApplicationThrottled")
//	fault.Header.Set("Retry-After", "0.249")
//	fake.Faults.Push(fault)
func GraphError(kind, code string) fakehttp.Fault {
	e := known(code)
	id := newGUID()
	h := http.Header{"Content-Type": {"application/json"}, "Request-Id": {id}, "Client-Request-Id": {id}}
	switch e.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
		e.bare = e.status == http.StatusTooManyRequests
	case http.StatusUnauthorized:
		h.Set("Www-Authenticate", bearerHint)
	}
	return fakehttp.Fault{Kind: kind, Status: e.status, Header: h, Body: string(encode(e.body(id, id)))}
}

// EntraError is a fault for a token request: one of the rows of [EntraErrors], by its AADSTS
// number; what is wrong with the tenant is answered to the openid-configuration, as Entra does.
func EntraError(code int) fakehttp.Fault {
	e := entraErr(code, "00000000-0000-4000-8000-000000000000")
	kind := "token"
	if code == 90002 || code == 900023 {
		kind = "openid"
	}
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "X-Ms-Request-Id": {newGUID()}}
	if e.row.Status == http.StatusTooManyRequests {
		h.Set("Retry-After", strconv.Itoa(1))
	}
	return fakehttp.Fault{Kind: kind, Status: e.row.Status, Header: h, Body: string(encode(e.body(newGUID(), " ")))}
}
