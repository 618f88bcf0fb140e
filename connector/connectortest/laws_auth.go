package connectortest

import (
	"context"
	"errors"
	"time"

	"github.com/cloudmail-go/cloudmail/connector"
)

// authLaws are about credentials and about what is wrong from the start.
func authLaws() []Law {
	return []Law{
		{Name: "refused-credentials-end-the-wait", Needs: canRevoke, Run: refused,
			Why: "waiting does not make a wrong password right: the test must fail at once and say why, and an account must not be locked by retries"},
		{Name: "a-rotated-credential-is-read-anew-once", Needs: canRevoke, Run: rotated,
			Why: "secrets are rotated while tests run; one look into the vault finds the new one and no test fails"},
		{Name: "a-wrong-credential-shows-at-connect", Needs: canRevoke, Run: refusedAtOnce,
			Why: "what is wrong with a connection must show when it is made, not in the first wait"},
		{Name: "an-unknown-mailbox-shows-at-connect", Needs: func(in *Instance) bool { return in.Unknown != nil }, Run: unknownMailbox,
			Why: "a typo in the address must not become a wait in vain"},
		{Name: "waits-that-run-share-one-fresh-credential", Needs: canRevoke, Run: rotatedForAll,
			Why: "a thousand waiting tests must not ask the vault a thousand times when a secret is rotated"},
	}
}

func refused(t T, in *Instance) {
	s := in.connect(t, nil)
	reads := -1
	if in.CredentialReads != nil {
		reads = in.CredentialReads()
	}
	in.Revoke(false)
	l := in.send("out of reach")
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), in.patience())
	defer cancel()
	_, err := s.WaitFor(ctx, l.query())
	is(t, err, connector.ErrAuth, "the wait's error")
	if _, ok := errors.AsType[*connector.WaitError](err); !ok {
		t.Errorf("the error is no report: %v", err)
	}
	if took := time.Since(start); took > in.slack(time.Minute) {
		t.Errorf("the wait ended after %v, and should at once", took)
	}
	if reads >= 0 && in.CredentialReads() != reads+1 {
		t.Errorf("the credential was read %d times after the refusal, and should be once", in.CredentialReads()-reads)
	}
}

func rotated(t T, in *Instance) {
	s := in.connect(t, nil)
	reads := 0
	if in.CredentialReads != nil {
		reads = in.CredentialReads()
	}
	in.Revoke(true)
	in.finds(t, s, in.send("with a new key").query())
	in.finds(t, s, in.send("with the same key").query())
	if in.CredentialReads != nil && in.CredentialReads() != reads+1 {
		t.Errorf("the credential was read %d times after the rotation, and should be once", in.CredentialReads()-reads)
	}
}

func refusedAtOnce(t T, in *Instance) {
	in.Revoke(false)
	ctx, cancel := context.WithTimeout(t.Context(), in.patience())
	defer cancel()
	start := time.Now()
	_, err := connector.Connect(ctx, in.Server, nil)
	is(t, err, connector.ErrAuth, "the error of Connect")
	if took := time.Since(start); took > in.slack(time.Minute) {
		t.Errorf("it came after %v, and should at once", took)
	}
}

func unknownMailbox(t T, in *Instance) {
	_, err := connector.Connect(t.Context(), in.Unknown, nil)
	is(t, err, connector.ErrNoMailbox, "the error of Connect")
}

func rotatedForAll(t T, in *Instance) {
	s := in.connect(t, nil)
	reads := 0
	if in.CredentialReads != nil {
		reads = in.CredentialReads()
	}
	later(in.span(10*time.Second, 500*time.Millisecond), func() {
		in.Revoke(true)
		for range 6 {
			in.send("for everyone")
		}
	})
	done := make(chan struct{})
	for range 6 {
		go func() {
			defer func() { done <- struct{}{} }()
			in.finds(t, s, connector.Query{Subject: "for everyone"})
		}()
	}
	for range 6 {
		<-done
	}
	if in.CredentialReads != nil && in.CredentialReads() != reads+1 {
		t.Errorf("the credential was read %d times after the rotation, and should be once", in.CredentialReads()-reads)
	}
}
