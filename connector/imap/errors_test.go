package imap_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakeimap"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// answer is what a server says, what kind of failure that is, and a word of what to do.
type answer struct {
	says   string
	kind   error
	remedy string
}

// What servers say to a sign-in, in their own words.
var signInAnswers = []answer{
	{"NO [AUTHENTICATIONFAILED] Authentication failed.", connector.ErrAuth, "password of qa@example.com right"}, // Dovecot
	{"NO LOGIN failed.", connector.ErrAuth, "Exchange Online and Gmail take no account passwords"},              // Exchange
	{"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", connector.ErrAuth, "password of"},               // Gmail
	{"NO [ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833 (Failure)", connector.ErrAuth, "app passwords"},
	{"NO [ALERT] Please log in via your web browser: https://support.google.com/mail/accounts/answer/78754 (Failure)", connector.ErrAuth, "in a browser"},
	{"NO [WEBALERT https://accounts.google.com/signin/continue] Web login required.", connector.ErrAuth, "in a browser"},
	{"NO [ALERT] Your account is not enabled for IMAP use. (Failure)", connector.ErrPermission, "turn IMAP on"},
	{"NO [ALERT] IMAP access is disabled for your domain. (Failure)", connector.ErrPermission, "IMAP on"},
	{"NO [ALERT] Account exceeded command or bandwidth limits. (Failure)", connector.ErrThrottled, "in a day"},
	{"BYE [OVERQUOTA] Account exceeded command or bandwidth limits.", connector.ErrThrottled, "in a day"},
	{"NO [ALERT] Too many simultaneous connections. (Failure)", connector.ErrThrottled, "other programs"},
	{"BAD User is authenticated but not connected.", connector.ErrPermission, "FullAccess"}, // Exchange Online
	{"NO Server Unavailable. 15", connector.ErrUnavailable, ""},                             // Exchange
	{"BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds", connector.ErrThrottled, "spread"},
	{"NO Basic authentication is disabled.", connector.ErrAuth, "give Token"},
	{"NO [UNAVAILABLE] Temporary authentication failure.", connector.ErrUnavailable, ""},
	{"NO Temporary failure, try again", connector.ErrUnavailable, ""},
	{"NO [LIMIT] LOGIN Rate limit hit.", connector.ErrThrottled, "other programs"}, // Yahoo
	{"NO [INUSE] Mailbox in use", connector.ErrUnavailable, "another program"},
	{"NO [AUTHENTICATIONFAILED] Account is locked.", connector.ErrPermission, "unlocked"},
	{"NO Your account has been blocked due to failed logins", connector.ErrPermission, "unlocked"},
	{"NO Too many login failures", connector.ErrThrottled, "wrong password"},
	{"NO [EXPIRED] Password expired", connector.ErrAuth, "new one"},
	{"NO [CONTACTADMIN] call us", connector.ErrPermission, "administrator"},
	{"NO [AUTHORIZATIONFAILED] no", connector.ErrPermission, "may not open"},
	{"NO [PRIVACYREQUIRED] Plaintext authentication disallowed", connector.ErrConfig, "StartTLS"},
	{"BYE Internal error occurred. Refer to server log for more information.", connector.ErrUnavailable, "turned the connection away"}, // Dovecot
	{"BYE [UNAVAILABLE] Maximum number of connections from user+IP exceeded", connector.ErrThrottled, "other programs"},
	{"BYE [AUTHENTICATIONFAILED] go away", connector.ErrAuth, "password of"},
}

// TestAnswersToSignIn tells each as what it is, with what to do, and with the server's own words.
func TestAnswersToSignIn(t *testing.T) {
	t.Parallel()
	for _, a := range signInAnswers {
		t.Run(a.says, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				w.fake.Push(fakeimap.Fault{Commands: []string{"LOGIN"}, Times: -1, Reply: a.says})
				_, err := w.server().Open(t.Context(), []connector.Folder{connector.Inbox})
				a.check(t, err)
				synctest.Wait()
				assert.Zero(t, w.fake.Connections())
			})
		})
	}
}

// check compares an error, whose text holds the last words of the server.
func (a answer) check(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, a.kind)
	assert.ErrorContains(t, err, a.remedy)
	assert.ErrorContains(t, err, a.says[len(a.says)-12:])
}

// What servers say to a mail that is appended.
func TestAnswersToAppend(t *testing.T) {
	t.Parallel()
	for _, a := range []answer{
		{"NO Message contains bare newlines", connector.ErrConfig, "CR LF"},          // Cyrus
		{"NO Message contains NUL characters", connector.ErrConfig, "NUL"},           // Cyrus
		{"NO Can't save a zero byte message", connector.ErrConfig, "without a byte"}, // Dovecot
		{"NO Zero-length message literal", connector.ErrConfig, "without a byte"},    // Cyrus
		{"NO Message contains invalid header", connector.ErrConfig, "no field"},
		{"NO [TOOBIG] it is too large", connector.ErrConfig, "larger than the server takes"},
		{"NO [OVERQUOTA] quota exceeded", connector.ErrConfig, "full"},
		{"NO Mailbox does not exist", connector.ErrConfig, "Session.Folders"}, // Cyrus, Courier
		{"NO [TRYCREATE] there is none", connector.ErrConfig, "Session.Folders"},
	} {
		t.Run(a.says, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				w.fake.Push(fakeimap.Fault{Commands: []string{"APPEND"}, Reply: a.says})
				a.check(t, w.server().Append(t.Context(), connector.Inbox, []byte("Subject: x\r\n\r\n"), time.Time{}))
			})
		})
	}
}

// A server that leaves while it is asked, or while it lies in IDLE, is connected to anew.
func TestServerLeaves(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"SELECT", "STATUS", "FETCH", "IDLE"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			inBubble(t, nil, nil, func(t *testing.T, w *world, s *connector.Session) {
				w.fake.Push(fakeimap.Fault{Commands: []string{command}, Times: 2, Reply: "BYE shutting down"})
				time.AfterFunc(3*time.Second, func() { w.box.Deliver([]byte("Subject: after it\r\n\r\n"), mailstore.Delivery{}) })
				_, err := s.WaitFor(t.Context(), connector.Query{Subject: "after it"})
				require.NoError(t, err)
			})
		})
	}
}

// Why a server leaves stands in the error.
func TestServerLeavesForAReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.fake.Push(fakeimap.Fault{Commands: []string{"LIST"}, Times: -1, Reply: "BYE the disk is full"})
		_, err := w.server().Open(t.Context(), []connector.Folder{connector.Inbox})
		answer{"BYE the disk is full", connector.ErrUnavailable, "turned the connection away"}.check(t, err)
	})
}

// A folder whose name cannot be read is named as what stands in the way.
func TestNameThatIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, &fakeimap.Options{TLS: fakeimap.Plain})
		server := w.server()
		w.saying(&server, `"Archive"`, `"R&D&D"`)
		_, err := server.Open(t.Context(), []connector.Folder{connector.Inbox})
		require.ErrorIs(t, err, connector.ErrUnexpected)
		assert.ErrorContains(t, err, "have it renamed")
	})
}
