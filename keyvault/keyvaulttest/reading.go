package keyvaulttest

import (
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

func readingLaws() []Law {
	return []Law{
		{Name: "known", Why: "a secret that was stored is what a test logs in with", check: known},
		{Name: "bytes of any value kept", Why: "a password that lost a newline, a quote or a byte is a refused password", check: bytesKept},
		{Name: "long value kept", Why: "a service-account key has thousands of bytes", check: longKept},
		{Name: "rotated", Why: "a vault that keeps old values turns a rotation into a failed night", check: rotated},
		{Name: "version", Why: "who pins a version must get that one, today and after the next rotation",
			needs: func(h *Harness) bool { return h.Versions != nil }, check: version},
		{Name: "unknown version", Why: "a mistyped version must not silently become the newest one",
			needs: func(h *Harness) bool { return h.Versions != nil }, check: unknownVersion},
		{Name: "no versions", Why: "a version that is silently ignored is a version that somebody relies on",
			needs: func(h *Harness) bool { return h.Versions == nil }, check: noVersions},
		{Name: "expiry shown", Why: "a value kept beyond its end is refused in the middle of a run",
			needs: func(h *Harness) bool { return h.Expiring != nil }, check: expiry},
	}
}

func known(r *run) {
	one, two := r.Put("mail-one", []byte("hunter2hunter2")), r.Put("mail-two", []byte("another"))
	r.holds(one, "hunter2hunter2")
	r.holds(two, "another")
	r.holds(one, "hunter2hunter2")
}

func bytesKept(r *run) {
	shown := 0
	for _, value := range []string{
		"x", "a b", "trailing\n", "crlf\r\n", "two\n\n", "\nleading", " blanks ", "tab\t", `"quoted"`, "back\\slash", "${env:HOME}", "$HOME", "%41",
		"päss wörd €", "日本語", "\u202eright to left", "<&>'", "null", "0123", "1e3", "true", `{"a":1}`, "[]", "#x", "@y", "=", "a=b", "\x01\x7f", "nul\x00nul", "\xff\xfe\x80",
		"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
	} {
		if r.canHold(value) {
			r.holds(r.Put("mail-bytes", []byte(value)), value)
			shown++
		}
	}
	r.must(shown >= 10, "the service is said to hold only %d of the values, too few to show anything", shown)
}

func longKept(r *run) {
	value := strings.Repeat("0123456789abcdef", 1280) // 20 KiB; Azure takes 25,000 characters
	if r.canHold(value) {
		r.holds(r.Put("mail-long", []byte(value)), value)
	}
}

func rotated(r *run) {
	name := r.Put("mail-one", []byte("old value"))
	r.holds(name, "old value")
	r.holds(r.Put("mail-one", []byte("new value")), "new value")
	r.holds(name, "new value")
}

func version(r *run) {
	values := []string{"first value", "second value", "third value"}
	names := r.Versions("mail-one", values...)
	r.must(len(names) == len(values), "the harness gave %d names for %d versions", len(names), len(values))
	for i, name := range names {
		r.holds(name, values[i])
		r.must(r.read(name).Version() != "", "the secret of %s does not say its version", name)
	}
	n, err := keyvault.ParseName("", names[0])
	r.must(err == nil, "the name %s is none: %v", names[0], err)
	n.Version = ""
	r.holds(n.String(), values[2])
	r.must(r.read(names[0]).Version() != r.read(names[1]).Version(), "two versions have the same name")
}

func unknownVersion(r *run) {
	names := r.Versions("mail-one", "first value")
	n, _ := keyvault.ParseName("", names[0])
	n.Version = "987654"
	e := r.explains(n.String(), keyvault.ErrNotFound)
	r.must(e.Version == n.Version, "the error names version %q: %v", e.Version, e)
}

func noVersions(r *run) {
	r.explains(r.Put("mail-one", []byte("value"))+"@1", keyvault.ErrConfig)
}

func expiry(r *run) {
	at := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	got := r.read(r.Expiring("mail-one", "value", at)).Expires()
	r.must(got.Equal(at), "the secret ends at %v and says %v", at, got)
	r.must(r.read(r.Put("mail-two", []byte("value"))).Expires().IsZero(), "a secret without an end has one")
}
