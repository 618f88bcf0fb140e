// Package links finds the links of a mail as its reader sees them: what is shown, where it stands,
// and where a click ends.
//
//	m := testhelpers.WaitFor(t, s, connector.Query{To: addr, Subject: "Reset your password"})
//	reset, err := links.Find(m, links.Query{Text: "reset password"})
//	// reset.Target: "https://shop.example.com/reset?token=…"
//
// A link has three addresses. Raw is what stands in the mail. URL is what a mail program opens: the
// entities of HTML decoded, resolved against the base of the document. Target is what is behind it
// where a mail gateway rewrote it on the way (Microsoft Safe Links, Proofpoint URL Defense, Google's
// redirects and others, see [Unwrap]): what the product sent, and what a test wants. Where nothing
// was rewritten it is the same.
//
// A link of a text is found as mail programs do: what begins with http, https or www, without the
// punctuation behind it, and broken over lines where it is in angle brackets (RFC 3986, appendix C).
//
// Nothing here opens a link. A test does, with testhelpers.Follow. A gateway that rewrites links may
// open them before any reader does: [Link.Warning] says so, for links that work only once.
package links
