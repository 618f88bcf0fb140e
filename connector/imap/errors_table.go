package imap

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	imap "github.com/emersion/go-imap/v2"

	"github.com/cloudmail-go/cloudmail/connector"
)

// row is what one kind of refusal means. The first row that fits counts; an empty field fits all.
type row struct {
	op     string // the operation
	code   imap.ResponseCode
	text   string // contained in the text, in any case
	kind   error
	remedy string // may name {user}, {address} and what {secret} was given
}

// table of refusals: the codes of RFC 9051 §7.1 and RFC 5530, and the texts of servers that have none.
var rows = []row{
	{text: "authenticated but not connected", kind: connector.ErrPermission,
		remedy: "Exchange took the token, and does not open the mailbox: is IMAP on for {address}, and does the app or user have FullAccess to it " +
			"(Add-MailboxPermission)? A service principal must be made with the object id of the enterprise application"},
	{text: "throttled", kind: connector.ErrThrottled, remedy: "spread the tests over mailboxes"},
	{code: "THROTTLED", kind: connector.ErrThrottled, remedy: "spread the tests over mailboxes"},
	{text: "bandwidth limit", kind: connector.ErrThrottled, remedy: "Gmail bounds what IMAP downloads in a day"},
	{code: imap.ResponseCodeLimit, kind: connector.ErrThrottled, remedy: "do other programs hold connections to {address}?"},
	{text: "too many simultaneous connections", kind: connector.ErrThrottled, remedy: "do other programs hold connections to {address}?"},
	{text: "too many connections", kind: connector.ErrThrottled, remedy: "do other programs hold connections to {address}?"},
	{text: "maximum connection limit", kind: connector.ErrThrottled, remedy: "do other programs hold connections to {address}?"},
	{text: "maximum number of connections", kind: connector.ErrThrottled, remedy: "do other programs hold connections to {address}?"},
	{code: imap.ResponseCodeUnavailable, kind: connector.ErrUnavailable},
	{code: "INUSE", kind: connector.ErrUnavailable, remedy: "another program holds the folder"},
	{code: imap.ResponseCodeServerBug, kind: connector.ErrUnavailable},
	{text: "server unavailable", kind: connector.ErrUnavailable},
	{code: imap.ResponseCodePrivacyRequired, kind: connector.ErrConfig, remedy: "set Security to TLS or StartTLS"},
	{code: imap.ResponseCodeExpired, kind: connector.ErrAuth, remedy: "the password has expired: set a new one for {user}"},
	{code: imap.ResponseCodeContactAdmin, kind: connector.ErrPermission, remedy: "the server wants {user} to ask its administrator"},
	{op: "sign in", text: "application-specific password", kind: connector.ErrAuth,
		remedy: "Google takes app passwords alone here: make one for {user}, or give Token"},
	{op: "sign in", text: "web login required", kind: connector.ErrAuth, remedy: "sign in as {user} in a browser once, or give Token"},
	{op: "sign in", text: "via your web browser", kind: connector.ErrAuth, remedy: "sign in as {user} in a browser once, or give Token"},
	{op: "sign in", text: "basic auth", kind: connector.ErrAuth, remedy: "the server takes no passwords: give Token"},
	{op: "sign in", text: "locked", kind: connector.ErrPermission, remedy: "have {user} unlocked, and put the password right before: wrong ones lock it again"},
	{op: "sign in", text: "suspended", kind: connector.ErrPermission, remedy: "have {user} enabled again"},
	{op: "sign in", text: "temporar", kind: connector.ErrUnavailable},
	{op: "sign in", text: "too many", kind: connector.ErrThrottled, remedy: "do other programs sign in as {user} again and again, or with a wrong password?"},
	{op: "sign in", text: "disabled", kind: connector.ErrPermission, remedy: "is {user} enabled, and IMAP on for it?"},
	{op: "sign in", text: "not enabled", kind: connector.ErrPermission, remedy: "turn IMAP on for {user}"},
	{op: "sign in", code: imap.ResponseCodeAuthorizationFailed, kind: connector.ErrPermission, remedy: "{user} may not open {address}"},
	{op: "sign in", kind: connector.ErrAuth, remedy: "is the {secret}"},
	{code: imap.ResponseCodeAuthenticationFailed, kind: connector.ErrAuth, remedy: "is the {secret}"},
	{code: imap.ResponseCodeNoPerm, kind: connector.ErrPermission, remedy: "{user} needs more rights on the folder"},
	{code: imap.ResponseCodeOverQuota, kind: connector.ErrConfig, remedy: "the mailbox is full"},
	{code: imap.ResponseCodeNonExistent, kind: connector.ErrConfig, remedy: "was the folder deleted? Session.Folders lists those that are there"},
	{code: imap.ResponseCodeTryCreate, kind: connector.ErrConfig, remedy: "was the folder deleted? Session.Folders lists those that are there"},
	{text: "doesn't exist", kind: connector.ErrConfig, remedy: "was the folder deleted? Session.Folders lists those that are there"},
	{text: "does not exist", kind: connector.ErrConfig, remedy: "was the folder deleted? Session.Folders lists those that are there"}, // Cyrus, Courier
	{code: "TOOBIG", kind: connector.ErrConfig, remedy: "the mail is larger than the server takes"},
	{text: "bare newlines", kind: connector.ErrConfig, remedy: "the server wants every line of a mail to end in CR LF"}, // Cyrus
	{text: "nul characters", kind: connector.ErrConfig, remedy: "the server takes no mail with a NUL in it"},            // Cyrus
	{text: "zero byte message", kind: connector.ErrConfig, remedy: "the server takes no mail without a byte"},           // Dovecot
	{text: "zero-length message", kind: connector.ErrConfig, remedy: "the server takes no mail without a byte"},         // Cyrus
	{text: "invalid header", kind: connector.ErrConfig, remedy: "the server takes no mail whose header has a line that is no field"},
	{kind: connector.ErrUnexpected, remedy: "this version does not know the answer"},
}

// lookup finds the row of a refusal. The last row fits all.
func lookup(op string, e *imap.Error) row {
	text := strings.ToLower(e.Text)
	for _, r := range rows {
		if (r.op == "" || r.op == op) && (r.code == "" || r.code == e.Code) && strings.Contains(text, r.text) {
			return r
		}
	}
	return rows[len(rows)-1]
}

// suggested is how Exchange asks to wait: "Suggested Backoff Time: 92415 milliseconds".
var suggested = regexp.MustCompile(`(?i)backoff time: (\d{1,9}) milliseconds`)

// backoff is how long the server asks to wait.
func backoff(text string) time.Duration {
	if m := suggested.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1]) // nine digits at most
		return min(time.Duration(n)*time.Millisecond, 24*time.Hour)
	}
	return 0
}
