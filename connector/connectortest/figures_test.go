package connectortest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/connectortest"
	"github.com/cloudmail-go/cloudmail/connector/gmail"
	"github.com/cloudmail-go/cloudmail/connector/graph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegmail"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakegraph"
	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
	"github.com/cloudmail-go/cloudmail/testhelpers/mailstore"
)

// inBubble runs a part of a benchmark in virtual time.
func inBubble(b *testing.B, f func(t *testing.T)) {
	b.Helper()
	all := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(all, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) { synctest.Test(t, f) }}}) {
		b.Fatal("it failed in the bubble")
	}
}

// service is one mailbox of a cloud with its real quota rules, and who asks it.
type service struct {
	store  *mailstore.Store
	box    *mailstore.Mailbox
	server connector.Server
	front  *fakehttp.Front
	door   http.RoundTripper
	ask    func(subject string) (u string) // one look of a plain poller for its own mail
	reads  string                          // kind of the requests that open a mail
	forget func()                          // makes the service forget every place that it gave
	expire func()                          // ends every token that it gave
	revoke func()                          // makes the credential worthless
	meter  func() needle                   // what was spent so far, of a service without a front
}

// trip is the round-trip time of all figures.
const trip = 100 * time.Millisecond

// clouds are the services of the figures.
var clouds = map[string]func(testing.TB) service{"graph": graphService, "gmail": gmailService}

func graphService(testing.TB) service {
	store := mailstore.New()
	box := store.Add(connectortest.Address)
	fake := fakegraph.New(store, nil)
	fake.Latency.Set(trip)
	app := fake.AddApp(fakegraph.App{})
	door := fake.RoundTripper()
	return service{
		store: store, box: box, front: &fake.Front, door: door, reads: "value", forget: fake.ExpireDeltas, expire: fake.ExpireTokens,
		revoke: func() { fake.RotateSecret(app.ClientID); fake.ExpireTokens() },
		server: graph.Office365{Tenant: app.Tenant, ClientID: app.ClientID, ClientSecret: connector.Literal(app.Secret()),
			Address: connectortest.Address, Transport: door},
		ask: func(subject string) string {
			return "https://graph.microsoft.com/v1.0/users/" + connectortest.Address + "/messages?" + url.Values{
				"$filter": {"subject eq '" + subject + "'"}, "$select": {"id"}}.Encode()
		},
	}
}

// account is made once: a key takes a while.
var account = sync.OnceValues(func() (*fakegmail.Account, error) { return fakegmail.NewAccount(1024) })

func gmailService(t testing.TB) service {
	store := mailstore.New()
	box := store.Add(connectortest.Address)
	fake := fakegmail.New(store, nil)
	fake.Latency.Set(trip)
	robot, err := account()
	require.NoError(t, err)
	fake.Register(robot)
	fake.Delegate("example.com", robot.ClientID, fakegmail.ScopeModify)
	door := fake.RoundTripper()
	return service{
		store: store, box: box, front: &fake.Front, door: door, reads: "get", forget: fake.ExpireHistory, expire: fake.ExpireTokens,
		revoke: func() { _, err := fake.RotateKey(robot); require.NoError(t, err); fake.ExpireTokens() },
		server: gmail.Workspace{Address: connectortest.Address, ServiceAccount: connector.Literal(string(robot.JSON())), Transport: door},
		ask: func(subject string) string {
			return "https://gmail.googleapis.com/gmail/v1/users/me/messages?" + url.Values{"q": {"subject:" + subject}, "fields": {"messages(id)"}}.Encode()
		},
	}
}

// subjectOf is the subject of mail n.
func subjectOf(n int) string { return fmt.Sprintf("order-%05d", n) }

func (s service) deliver(n int) {
	s.box.Deliver([]byte(fmt.Sprintf("From: shop@example.com\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@example.com>\r\n\r\nThe body of %s.\r\n",
		connectortest.Address, subjectOf(n), subjectOf(n), subjectOf(n))), mailstore.Delivery{})
}

// result is what a run of waits cost.
type result struct {
	requests  int
	reads     int
	throttled int
	lag       time.Duration // on average, beyond the mail's arrival
	kinds     map[string]fakehttp.Traffic
}

// waits runs so many waits of 30 s, the n-th for mail n%mails, which comes some time after the n-th
// wait began; each with a mark of its own.
func (s service) waits(t *testing.T, waits, mails int, stagger time.Duration, q func(n int) connector.Query) result {
	session, err := connector.Connect(t.Context(), s.server, nil)
	require.NoError(t, err)
	time.Sleep(time.Second)
	s.front.Counter.Reset()
	arrived := make([]time.Time, mails)
	var lag atomic.Int64
	var wg sync.WaitGroup
	for n := range waits {
		wg.Go(func() {
			time.Sleep(stagger * time.Duration(n) / time.Duration(waits))
			test, err := session.Begin(t.Context(), connector.Scope{})
			require.NoError(t, err)
			m := n % mails
			if n < mails {
				after := 100*time.Millisecond + 26*time.Second*time.Duration((n*7919)%mails+1)/time.Duration(mails)
				time.AfterFunc(after, func() { arrived[m] = time.Now(); s.deliver(m) })
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			_, err = test.WaitFor(ctx, q(m))
			require.NoError(t, err)
			lag.Add(int64(time.Since(arrived[m])))
		})
	}
	wg.Wait()
	r := result{requests: s.front.Counter.Total().Requests, kinds: s.front.Counter.Kinds(), lag: time.Duration(lag.Load()) / time.Duration(waits)}
	r.reads, r.throttled = r.kinds[s.reads].Requests, s.throttled()
	require.NoError(t, session.Close())
	return r
}

// throttled counts the answers that refused a request as one too many.
func (s service) throttled() (n int) {
	for _, e := range s.front.Counter.Log() {
		if e.Status == http.StatusTooManyRequests || e.Status == http.StatusForbidden {
			n++
		}
	}
	return n
}

// units is what the looks of a run cost at Gmail, the reading of mails aside.
// https://developers.google.com/workspace/gmail/api/reference/quota
func (r result) units() (sum int) {
	for kind, price := range map[string]int{"profile": 1, "labels": 1, "history": unitsHistory, "list": unitsList} {
		sum += price * r.kinds[kind].Requests
	}
	return sum
}

const (
	unitsHistory = 2
	unitsList    = 5 // what each look of the plain poller costs, too
)

// plain is what everybody writes at first: each test asks for its own mail, once a second.
func (s service) plain(t *testing.T, waits, mails int) (requests, throttled int) {
	token := s.signIn(t)
	s.front.Counter.Reset()
	var refused, asked atomic.Int64
	var wg sync.WaitGroup
	begun := time.Now()
	for n := range mails {
		time.AfterFunc(100*time.Millisecond+26*time.Second*time.Duration(n)/time.Duration(mails), func() { s.deliver(n) })
	}
	for n := range waits {
		wg.Go(func() {
			for time.Since(begun) < 30*time.Second {
				asked.Add(1)
				status, body := s.get(t, s.ask(subjectOf(n%mails)), token)
				if status == http.StatusTooManyRequests || status == http.StatusForbidden {
					refused.Add(1)
				} else if strings.Contains(body, `"id"`) {
					return
				}
				time.Sleep(time.Second)
			}
		})
	}
	wg.Wait()
	return int(asked.Load()), int(refused.Load())
}

// get makes one request of a plain poller.
func (s service) get(t *testing.T, u, token string) (int, string) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := s.door.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

// signIn takes the token that a session of the library sends: a plain poller has the same rights.
func (s service) signIn(t *testing.T) (token string) {
	spy := roundTrip(func(req *http.Request) (*http.Response, error) {
		if bearer, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer "); ok {
			token = bearer
		}
		return s.door.RoundTrip(req)
	})
	var server connector.Server
	switch own := s.server.(type) {
	case graph.Office365:
		own.Transport = spy
		server = own
	case gmail.Workspace:
		own.Transport = spy
		server = own
	}
	session, err := connector.Connect(t.Context(), server, nil)
	require.NoError(t, err)
	require.NoError(t, session.Close())
	return token
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// byID is a query that the header decides, byBody one that needs the text.
func byID(n int) connector.Query {
	return connector.Query{MessageID: subjectOf(n) + "@example.com", HeadOnly: true}
}

func byBody(n int) connector.Query {
	return connector.Query{Subject: subjectOf(n), Body: "The body of " + subjectOf(n)}
}

// mailsOf is how many mails the thousand waits are for: Gmail takes 60 a minute.
var mailsOf = map[string]int{"graph": 1000, "gmail": 30}

// BenchmarkThousandWaits is a thousand waits of 30 s, begun together, beside a thousand plain pollers.
func BenchmarkThousandWaits(b *testing.B) {
	for _, name := range []string{"graph", "gmail"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				var own result
				var requests, throttled int
				inBubble(b, func(t *testing.T) { own = clouds[name](t).waits(t, 1000, mailsOf[name], 0, byID) })
				inBubble(b, func(t *testing.T) { requests, throttled = clouds[name](t).plain(t, 1000, mailsOf[name]) })
				b.ReportMetric(float64(own.requests), "requests")
				b.ReportMetric(float64(requests), "plain-requests")
				b.ReportMetric((own.lag - trip).Seconds(), "lag-s")
				b.ReportMetric(float64(own.reads)/float64(mailsOf[name]), "reads/mail")
				b.ReportMetric(float64(own.throttled), "throttled")
				b.ReportMetric(float64(throttled), "plain-throttled")
				if name == "gmail" {
					b.ReportMetric(float64(own.units()), "units")
					b.ReportMetric(float64(requests*unitsList), "plain-units")
				}
			}
		})
	}
}

// BenchmarkWaiters is the same mailbox with one waiter and with a thousand.
func BenchmarkWaiters(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				var r result
				inBubble(b, func(t *testing.T) {
					r = graphService(t).waits(t, n, 1, 0, func(int) connector.Query { return byID(0) })
				})
				b.ReportMetric(float64(r.requests), "requests")
			}
		})
	}
}

// A thousand waits at Gmail cost a hundredth of the units that a thousand plain pollers ask for.
func TestGmailUnits(t *testing.T) {
	t.Parallel()
	var own result
	var plain int
	synctest.Test(t, func(t *testing.T) { own = gmailService(t).waits(t, 1000, mailsOf["gmail"], 0, byID) })
	synctest.Test(t, func(t *testing.T) { plain, _ = gmailService(t).plain(t, 1000, mailsOf["gmail"]) })
	t.Logf("units %d, plain %d, %v", own.units(), plain*unitsList, own.kinds)
	require.Positive(t, own.units())
	require.LessOrEqual(t, own.units()*100, plain*unitsList)
	var known int
	for _, kind := range []string{"profile", "labels", "history", "list", "get", "token"} {
		known += own.kinds[kind].Requests
	}
	require.Equal(t, own.requests, known, "every kind has its price")
}

func TestThousandWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cloud    string
		stagger  time.Duration
		query    func(int) connector.Query
		requests int
		reads    int
	}{
		"graph, together":  {"graph", 0, byID, 100, 0},
		"graph, staggered": {"graph", 30 * time.Second, byID, 200, 0},
		"graph, by body":   {"graph", 0, byBody, 1100, 1000},
		"gmail, together":  {"gmail", 0, byID, 400, 30},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := clouds[c.cloud](t).waits(t, 1000, mailsOf[c.cloud], c.stagger, c.query)
				t.Logf("requests %d, reads %d, throttled %d, lag %v, %v", r.requests, r.reads, r.throttled, r.lag, r.kinds)
				require.LessOrEqual(t, r.requests, c.requests)
				require.Equal(t, c.reads, r.reads, "each mail is read once, if at all")
				require.Zero(t, r.throttled)
				if c.reads <= 30 {
					require.LessOrEqual(t, r.lag, trip+500*time.Millisecond)
				}
			})
		})
	}
}
