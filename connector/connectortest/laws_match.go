package connectortest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
	"github.com/cloudmail-go/cloudmail/fixtures"
)

// matchLaws are about the meaning of a query.
func matchLaws() []Law {
	return []Law{
		{Name: "the-matching-table-holds-in-find", Run: tableFind,
			Why: "a query means the same on every service: the table says what, row by row"},
		{Name: "the-matching-table-holds-in-waits", Run: tableWait,
			Why: "a query means the same in a wait as in a find"},
		{Name: "same-query-same-answer-over-all-fixtures", Run: sameAnswer,
			Why: "also of odd and broken mails every service gives what reading their bytes gives"},
		{Name: "a-senseless-query-is-refused-before-the-first-request", Needs: canCount, Run: refuseSenseless,
			Why: "an empty variable in a test must not match any mail that comes by"},
		{Name: "an-unwatched-folder-is-refused-before-the-first-request", Needs: canCount, Run: refuseUnwatched,
			Why: "a wait for mail in a folder that nobody looks at could only time out"},
		{Name: "since-and-before-bound-by-the-second", Needs: canPlace, Run: bounds,
			Why: "times of receipt are whole seconds everywhere: the first belongs to it, the last does not"},
	}
}

// names lists the samples that messages are.
func names(ms []*connector.Message) string {
	var out []string
	for _, m := range ms {
		name, _, _ := strings.Cut(m.MessageID, "@")
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func deliverSamples(in *Instance) {
	for _, s := range samples() {
		in.Deliver([]byte(s.raw))
	}
}

func tableFind(t T, in *Instance) {
	s := in.connect(t, nil)
	deliverSamples(in)
	for _, r := range matchingTable() {
		ms, err := s.Find(t.Context(), r.query, 0)
		if got := names(ms); err != nil || got != r.want {
			t.Errorf("find %s: the matching mails are [%s], and must be [%s] (error: %v)", r.query, got, r.want, err)
		}
	}
}

func tableWait(t T, in *Instance) {
	s := in.connect(t, nil)
	deliverSamples(in)
	for _, r := range matchingTable() {
		n := len(strings.Fields(r.want))
		if n == 0 {
			continue // that find knows none is enough: a wait in vain takes its time
		}
		ms, err := begin(t, s, connector.Scope{Mark: s.Mark()}).WaitForN(t.Context(), r.query, n)
		if got := names(ms); err != nil || got != r.want {
			t.Errorf("wait for %s: the matching mails are [%s], and must be [%s] (error: %v)", r.query, got, r.want, err)
		}
	}
}

// fixtureQueries are criteria taken from what a fixture says.
func fixtureQueries(want fixtures.Mail) []connector.Query {
	var out []connector.Query
	if strings.TrimSpace(want.Subject) != "" {
		out = append(out, connector.Query{Subject: want.Subject})
	}
	if len(want.To) > 0 {
		out = append(out, connector.Query{To: want.To[0].Addr})
	}
	for _, text := range []string{want.Text, want.HTMLText} {
		if words := strings.Fields(text); len(words) > 0 {
			out = append(out, connector.Query{Body: words[len(words)/2]})
		}
	}
	if len(want.Parts) > 0 && want.Parts[0].Name != "" && !strings.ContainsAny(want.Parts[0].Name, `*?[\`) {
		out = append(out, connector.Query{Attachment: want.Parts[0].Name})
	}
	return slices.DeleteFunc(out, func(q connector.Query) bool { return q.Check() != nil })
}

// crOnly reports whether a mail has no line end but CR: such a one cannot stand below the fields that
// a server puts in front, and no mail system hands it on as it is.
func crOnly(raw []byte) bool { return !bytes.Contains(raw, []byte("\n")) }

func sameAnswer(t T, in *Instance) {
	s := in.connect(t, nil)
	var all []*connector.Message
	queries := map[string]connector.Query{}
	for name, want := range fixtures.All() {
		raw := fixtures.Raw(name)
		if crOnly(raw) || in.Unfit != nil && in.Unfit(raw) {
			continue
		}
		own, err := connector.ReadMessage(bytes.NewReader(raw))
		must(t, err, "read "+name)
		own.Folders = []connector.Folder{connector.Inbox}
		in.Deliver(raw)
		got := in.finds(t, s, connector.Query{Everything: true})
		if len(got.Header) > len(own.Header) {
			own.Defects = underField(t, raw)
		}
		compareContent(t, name, got, own)
		compareFiles(t, name, got, own)
		all = append(all, own)
		if qs := fixtureQueries(want); len(qs) > 0 && len(all)%2 == 0 { // each find reads the whole mailbox
			q := qs[len(all)/2%len(qs)]
			queries[q.String()] = q
		}
	}
	for _, q := range queries {
		want := slices.DeleteFunc(slices.Clone(all), func(own *connector.Message) bool { return q.Mismatch(own) != nil })
		ms, err := s.Find(t.Context(), q, 0)
		if err != nil || len(ms) != len(want) {
			t.Errorf("find %s: %d fixtures match, and must be %d (error: %v)", q, len(ms), len(want), err)
		}
	}
}

func refuseSenseless(t T, in *Instance) {
	s := in.connect(t, nil)
	before := in.Requests()
	for _, q := range senseless() {
		_, err := s.WaitFor(t.Context(), q)
		is(t, err, connector.ErrConfig, "waiting for the senseless query "+q.String())
		if _, report := errors.AsType[*connector.WaitError](err); report {
			t.Errorf("%s: it was waited for", q)
		}
		is(t, s.ExpectNone(t.Context(), q, 0), connector.ErrConfig, "expecting none of the senseless query "+q.String())
		_, err = s.Find(t.Context(), q, 0)
		is(t, err, connector.ErrConfig, "finding the senseless query "+q.String())
	}
	_, err := s.WaitForN(t.Context(), connector.Query{Subject: "x"}, 0)
	is(t, err, connector.ErrConfig, "waiting for no mail")
	same(t, in.Requests(), before, "the number of requests")
}

func refuseUnwatched(t T, in *Instance) {
	s := in.connect(t, nil)
	before := in.Requests()
	_, err := s.WaitFor(t.Context(), connector.Query{Subject: "x", Folder: connector.Archive})
	is(t, err, connector.ErrConfig, "a wait for mail in an unwatched folder")
	same(t, in.Requests(), before, "the number of requests")
}

func bounds(t T, in *Instance) {
	at := time.Now().Truncate(time.Second).Add(-time.Hour)
	for i, name := range []string{"early", "exact", "late"} {
		in.Place(in.letter(name).raw, connector.Inbox, at.Add(time.Duration(i-1)*time.Second))
	}
	s := in.connect(t, nil)
	for _, c := range []struct {
		since, before time.Time
		want          string
	}{
		{at, time.Time{}, "late, exact"},
		{time.Time{}, at, "early"},
		{at, at.Add(time.Second), "exact"},
		{at.Add(900 * time.Millisecond), time.Time{}, "late, exact"},
		{at.Add(2 * time.Second), time.Time{}, ""},
	} {
		ms, err := s.Find(t.Context(), connector.Query{From: sender, Since: c.since, Before: c.before}, 0)
		must(t, err, "find")
		same(t, subjects(ms), c.want, "what was received since "+c.since.String()+" and before "+c.before.String())
	}
	_, err := s.Find(t.Context(), connector.Query{From: sender, Since: at, Before: at}, 0)
	is(t, err, connector.ErrConfig, "a time that is none")
}
