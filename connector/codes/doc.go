// Package codes reads the one-time code out of a mail, as a person would who is asked to type it.
//
//	m := testhelpers.WaitFor(t, s, connector.Query{To: addr, Subject: "Your code"})
//	code, err := codes.Find(m, nil)
//	// code.Value: "493817"
//
// Only what a reader sees counts: subject, text, and the text that the HTML shows. Link targets,
// addresses, dates, times, prices, phone numbers and masked card numbers are never a code. What is
// left is judged by the words around it, in some twenty languages: a word that asks for a code
// ("verification code", "認証コード"), a word that names something else ("order no.", "郵便番号"), whether it
// stands alone in its line, its length, and whether the mail repeats it. Full-width and other
// digits are read, and groups ("493 817", "4-9-3-8-1-7").
//
// Where it is not clear, there is an error and no code: [ErrNone], or [ErrClose] with all that are
// meant. A test never types a wrong code because of a guess.
package codes
