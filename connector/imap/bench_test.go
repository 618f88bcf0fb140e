package imap_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/stretchr/testify/require"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/connector/imap"
	"github.com/cloudmail-go/cloudmail/testhelpers/realserver"
)

// BenchmarkIdle measures, on a real Dovecot, how long after its delivery a mail is returned, to a session and to the
// program that one would write by hand with go-imap, both waiting for the same mail: medians, and how the first compares
// with the second.
//
//	go test -run xxx -bench Idle -benchtime 40x ./connector/imap
func BenchmarkIdle(b *testing.B) {
	b.Run("dovecot", func(b *testing.B) {
		for name, of := range map[string]func(subject string) connector.Query{
			"head": func(subject string) connector.Query { return connector.Query{Subject: subject, HeadOnly: true} },
			"body": func(subject string) connector.Query { return connector.Query{Body: "code of " + subject} },
		} {
			b.Run(name, func(b *testing.B) { benchmarkIdle(b, name == "body", of) })
		}
	})
}

func benchmarkIdle(b *testing.B, whole bool, of func(subject string) connector.Query) {
	b.Helper()
	server := realserver.New(b, realserver.Dovecot, nil)
	box := mailbox(server, realserver.DefaultUser)
	box.Security, box.Port = imap.Plain, server.Port(server.IMAP)
	s, err := connector.Connect(b.Context(), box, nil)
	require.NoError(b, err)
	defer s.Close()
	p := newByHand(b, server.IMAP, whole)
	var session, byHand []time.Duration
	for i := 0; b.Loop(); i++ {
		subject := fmt.Sprint("mail ", i, " of the run")
		bySession := clock(b, func() error { _, err := s.WaitFor(b.Context(), of(subject)); return err })
		byProgram := clock(b, func() error { return p.wait(subject) })
		<-time.After(time.Second + time.Duration(i*37%500)*time.Millisecond) // until both lie in IDLE; never in the same phase
		start := time.Now()
		require.NoError(b, server.Deliver(realserver.DefaultUser, fmt.Appendf(nil, "Subject: %s\r\n\r\nthe code of %s is 4711\r\n", subject, subject)))
		session, byHand = append(session, (<-bySession).Sub(start)), append(byHand, (<-byProgram).Sub(start))
	}
	ours, plain := median(session), median(byHand)
	b.ReportMetric(ours.Seconds()*1000, "ms/mail")
	b.ReportMetric(plain.Seconds()*1000, "plain-ms/mail")
	b.ReportMetric(float64(ours)/float64(plain), "vs-plain")
	b.ReportMetric(0, "ns/op") // it is mostly waiting for the next round
}

// clock tells when something was done.
func clock(b *testing.B, do func() error) <-chan time.Time {
	b.Helper()
	done := make(chan time.Time, 1)
	go func() {
		if err := do(); err != nil {
			b.Error(err)
		}
		done <- time.Now()
	}()
	return done
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// byHand is the program: IDLE, SEARCH, FETCH.
type byHand struct {
	client  *imapclient.Client
	news    chan struct{}
	next    goimap.UID
	section *goimap.FetchItemBodySection
}

func newByHand(b *testing.B, addr string, whole bool) *byHand {
	b.Helper()
	p := &byHand{news: make(chan struct{}, 1), section: &goimap.FetchItemBodySection{Peek: true}}
	if !whole {
		p.section.Specifier = goimap.PartSpecifierHeader
	}
	var err error
	p.client, err = imapclient.DialInsecure(addr, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				select {
				case p.news <- struct{}{}:
				default:
				}
			}
		}}})
	require.NoError(b, err)
	b.Cleanup(func() { _ = p.client.Close() })
	require.NoError(b, p.client.Login(realserver.DefaultUser, realserver.DefaultPassword).Wait())
	selected, err := p.client.Select("INBOX", nil).Wait()
	require.NoError(b, err)
	p.next = selected.UIDNext
	return p
}

// wait returns when the mail of that subject was read.
func (p *byHand) wait(subject string) error {
	for {
		idle, err := p.client.Idle()
		if err != nil {
			return err
		}
		<-p.news
		if err := idle.Close(); err != nil {
			return err
		}
		if err := idle.Wait(); err != nil {
			return err
		}
		found, err := p.look(subject)
		if found || err != nil {
			return err
		}
	}
}

// look searches for what is new, and reads it.
func (p *byHand) look(subject string) (bool, error) {
	found, err := p.client.UIDSearch(&goimap.SearchCriteria{UID: []goimap.UIDSet{{{Start: p.next}}}}, nil).Wait()
	if err != nil {
		return false, err
	}
	uids := slices.DeleteFunc(found.AllUIDs(), func(u goimap.UID) bool { return u < p.next }) // "n:*" names the last mail, too
	if len(uids) == 0 {
		return false, nil
	}
	p.next = slices.Max(uids) + 1
	mails, err := p.client.Fetch(goimap.UIDSetNum(uids...), &goimap.FetchOptions{BodySection: []*goimap.FetchItemBodySection{p.section}}).Collect()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(mails, func(m *imapclient.FetchMessageBuffer) bool {
		return bytes.Contains(m.FindBodySection(p.section), []byte(subject))
	}), nil
}
