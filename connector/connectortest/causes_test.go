package connectortest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/memory"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// venue is a mailbox whose service can be made to refuse.
type venue struct {
	box                             *mailstore.Mailbox
	server                          connector.Server
	credentials, permission, outage func()
	throttled                       func(after time.Duration)
}

// venues are the services by name, each with what it really answers.
var venues = map[string]func(t *testing.T, r *rand.Rand) venue{"memory": memoryVenue, "graph": cloudVenue("graph"), "gmail": cloudVenue("gmail")}

func memoryVenue(_ *testing.T, r *rand.Rand) venue {
	store, faults := mailstore.New(), &memory.Faults{}
	server := memory.Server{Store: store, Address: connectortest.Address, Faults: faults, BareEnvelopes: r.IntN(2) == 0, WideSearch: r.IntN(2) == 0}
	return venue{
		box: store.Add(connectortest.Address), server: server,
		credentials: func() { faults.Accept("another") },
		permission:  func() { faults.Fail(-1, connector.ErrPermission) },
		outage:      func() { faults.Fail(-1, connector.ErrUnavailable) },
		throttled:   func(after time.Duration) { faults.Throttle(1, after); faults.Fail(-1, connector.ErrThrottled) },
	}
}

// denials are the bodies of the clouds' own words for a missing permission.
var denials = map[string]string{
	"graph": `{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}`,
	"gmail": `{"error":{"code":403,"message":"Request had insufficient authentication scopes.","status":"PERMISSION_DENIED","errors":[{"domain":"global","reason":"insufficientPermissions","message":"Insufficient Permission"}]}}`,
}

func cloudVenue(name string) func(t *testing.T, r *rand.Rand) venue {
	return func(t *testing.T, r *rand.Rand) venue {
		s := clouds[name](t)
		always := func(f fakehttp.Fault) {
			f.Times, f.Match = -1, func(r *http.Request) bool { return !strings.Contains(r.URL.Path, "token") }
			s.front.Faults.Push(f)
		}
		json := http.Header{"Content-Type": {"application/json"}}
		return venue{
			box: s.box, server: s.server, credentials: s.revoke,
			permission: func() { always(fakehttp.Fault{Status: http.StatusForbidden, Header: json, Body: denials[name]}) },
			outage: func() {
				always([]fakehttp.Fault{{Status: http.StatusServiceUnavailable}, {Reset: true}, {Status: http.StatusBadGateway, Body: "<html>"}, {CutAfter: -1}}[r.IntN(4)])
			},
			throttled: func(after time.Duration) {
				h := json.Clone()
				h.Set("Retry-After", strconv.Itoa(int(after/time.Second)))
				always(fakehttp.Fault{Status: http.StatusTooManyRequests, Header: h})
			},
		}
	}
}

// scene is one wait that fails, for one cause.
type scene struct {
	venue
	r  *rand.Rand
	to string // who the wanted mail is for
	id string
}

// mail delivers the wanted mail after some time, changed as the cause has it.
func (s *scene) mail(folder, to, subject, body string) {
	time.AfterFunc(time.Duration(1+s.r.IntN(10_000))*time.Millisecond, func() {
		s.box.Deliver([]byte(fmt.Sprintf("From: Shop <shop@example.com>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@example.com>\r\n\r\n%s\r\n",
			to, subject, s.id, body)), mailstore.Delivery{Folder: folder})
	})
}

// foreign delivers mails of other tests.
func (s *scene) foreign() {
	for i := range s.r.IntN(5) {
		s.box.Deliver([]byte(fmt.Sprintf("From: news@example.org\r\nTo: list-%d@example.org\r\nSubject: News of %d\r\nMessage-ID: <n%d-%s>\r\n\r\nRead all.\r\n",
			i, s.r.IntN(1000), i, s.id)), mailstore.Delivery{})
	}
}

// causes are what may go wrong: each sets the scene, and may change the query.
var causes = map[connector.Cause]func(s *scene, q *connector.Query){
	connector.CauseNothing: func(s *scene, _ *connector.Query) { s.foreign() },
	connector.CauseJunk: func(s *scene, q *connector.Query) {
		s.foreign()
		s.mail(mailstore.Junk, s.to, q.Subject, "Your code is 1234.")
	},
	connector.CauseMoved: func(s *scene, q *connector.Query) {
		s.foreign()
		s.mail([]string{"Projects", mailstore.Archive, mailstore.Trash}[s.r.IntN(3)], s.to, q.Subject, "Your code is 1234.")
	},
	connector.CauseNear: func(s *scene, q *connector.Query) {
		s.foreign()
		switch s.r.IntN(4) {
		case 0:
			s.mail("", s.to, q.Subject[:len(q.Subject)-1]+"!", "Your code is 1234.")
		case 1:
			s.mail("", s.to, q.Subject, "Your code has expired.")
		case 2:
			s.mail("", strings.Replace(s.to, "+", "+x", 1), q.Subject, "Your code is 1234.")
		default:
			q.Attachment = "*.pdf"
			s.mail("", s.to, q.Subject, "Your code is 1234.")
		}
	},
	connector.CauseOther: func(s *scene, q *connector.Query) {
		s.foreign()
		if s.r.IntN(2) == 0 {
			q.To = "somebody@example.com"
			return
		}
		s.mail("", "other@example.org", q.Subject, "Your code is 1234.")
	},
	connector.CauseCredentials: func(s *scene, _ *connector.Query) { s.soon(s.credentials) },
	connector.CausePermission:  func(s *scene, _ *connector.Query) { s.soon(s.permission) },
	connector.CauseThrottled: func(s *scene, _ *connector.Query) {
		s.soon(func() { s.throttled(time.Duration(s.r.IntN(100))*time.Second + time.Second) })
	},
	connector.CauseOutage: func(s *scene, _ *connector.Query) { s.soon(s.outage) },
}

// soon lets the trouble begin while the wait runs.
func (s *scene) soon(f func()) { time.AfterFunc(time.Duration(s.r.IntN(20_000))*time.Millisecond, f) }

// fails runs one wait for which the cause is injected, and returns its report.
func fails(t *testing.T, where string, cause connector.Cause, seed uint64) *connector.WaitError {
	s := &scene{r: rand.New(rand.NewPCG(seed, 7)), id: fmt.Sprint("m", seed)}
	s.venue = venues[where](t, s.r)
	require.NoError(t, s.box.CreateFolder("Projects"))
	session, err := connector.Connect(t.Context(), s.server, nil)
	require.NoError(t, err)
	s.to = strings.Replace(connectortest.Address, "@", fmt.Sprintf("+%d@", seed), 1)
	q := connector.Query{To: s.to, Subject: fmt.Sprintf("Welcome to shop %d", s.r.IntN(100)), Body: "code is"}
	test, err := session.Begin(t.Context(), connector.Scope{})
	require.NoError(t, err)
	causes[cause](s, &q)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(25+s.r.IntN(30))*time.Second)
	defer cancel()
	_, err = test.WaitFor(ctx, q)
	report, ok := errors.AsType[*connector.WaitError](err)
	require.True(t, ok, "the wait must fail: %v", err)
	require.NoError(t, session.Close())
	return report
}

// Of 1,000 waits that fail for an injected cause, the report names at least 990 rightly, in lines of
// 80 columns, and as JSON; so over the clouds, by what they answer.
func TestCausesAreNamed(t *testing.T) {
	t.Parallel()
	for where, all := range map[string]int{"memory": 1008, "graph": 252, "gmail": 252} { // 112, 28 and 28 of each
		t.Run(where, func(t *testing.T) { causesAreNamed(t, where, all) })
	}
}

func causesAreNamed(t *testing.T, where string, all int) {
	right, wrong := 0, map[string]int{}
	for seed := range all / len(causes) {
		for cause := range causes {
			synctest.Test(t, func(t *testing.T) {
				report := fails(t, where, cause, uint64(seed))
				if report.Class == cause {
					right++
				} else if key := string(cause) + " taken for " + string(report.Class); wrong[key] == 0 {
					wrong[key]++
					t.Logf("%s:\n%v", key, report)
				}
				for line := range strings.Lines(report.Error()) {
					require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, "a line of the report: %s", line)
				}
				js, err := json.Marshal(report)
				require.NoError(t, err)
				require.Contains(t, string(js), `"class":"`+string(report.Class))
			})
		}
	}
	t.Logf("%d of %d named rightly", right, all)
	require.GreaterOrEqual(t, right, all*990/1000)
}

// How near a mail came is said in words.
func TestTheReportSaysHowNear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mailstore.New()
		box := store.Add(connectortest.Address)
		s, err := connector.Connect(t.Context(), memory.Server{Store: store, Address: connectortest.Address}, nil)
		require.NoError(t, err)
		shop(box, "too-early")
		time.Sleep(2 * time.Second)
		test, err := s.Begin(t.Context(), connector.Scope{})
		require.NoError(t, err)
		shop(box, "your code is 1")
		for want, q := range map[string]connector.Query{
			"differs at character 9": {Subject: "Your codf is 1"},
			"reached you by Bcc":     {To: "qa+x@example.com", Subject: "hidden"},
			"2s before the mark":     {Subject: "too-early"},
			"it is in To":            {Cc: connectortest.Address, Subject: "your code"},
		} {
			if q.Subject == "hidden" {
				box.Deliver([]byte("From: shop@example.com\r\nTo: all@example.com\r\nDelivered-To: qa+x@example.com\r\nSubject: hidden\r\n\r\nx\r\n"), mailstore.Delivery{NoTrace: true})
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			_, err := test.WaitFor(ctx, q)
			cancel()
			require.Error(t, err)
			require.Contains(t, strings.Join(strings.Fields(err.Error()), " "), want)
		}
		require.NoError(t, s.Close())
	})
}
