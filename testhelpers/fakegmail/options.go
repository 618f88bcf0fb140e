package fakegmail

import "time"

// Options set limits and the doubtful behaviours of the service; the zero value is the fake's
// best reading of it. The numbers in brackets are those of ASSUMPTIONS.md.
type Options struct {
	// Work is how long a call takes inside the service, while it counts as running. The round-trip
	// time is Fake.Latency.
	Work time.Duration

	// KeyBits is the size of the RSA keys that ServiceAccount makes: 0 is 2048, as Google's are.
	// A key takes a good part of a second to make; 1024 a quarter of that.
	KeyBits int

	// Testing says that apps of people are not published: refresh tokens end after seven days.
	Testing bool
	// RotateRefresh gives a new refresh token with each token, and ends the old one [28].
	RotateRefresh bool

	// UserUnits is the quota of one user in any 60 seconds: 0 is 6,000, the table of projects made
	// since May 2026; less than 0 is no limit.
	UserUnits int
	// OldQuota takes the table of older projects: 15,000 units, and 5 for a get.
	OldQuota bool
	// DailyUnits is the quota of all users together in any 24 hours: 0 is none.
	DailyUnits int
	// Hammer lengthens the time to wait by so much for each request that comes too early [13].
	Hammer time.Duration
	// Plain429 answers over-quota calls with 429 RESOURCE_EXHAUSTED in place of 403 [14].
	Plain429 bool
	// Concurrent is how many requests of one user may run at a time: 0 is 10 [15], less than 0 is
	// no limit.
	Concurrent int
	// SendLimit is how many mails a user may send in any 24 hours: 0 is 2,000, less than 0 is no
	// limit.
	SendLimit int
	// ReceiveLimit is how many mails a mailbox takes in any 60 seconds from [Fake.Accept] and from
	// other users of this fake: 0 is 60, less than 0 is no limit.
	ReceiveLimit int

	// SearchLag is how long q lags behind the mailbox. History, labelIds and get never lag.
	SearchLag time.Duration
	// HistoryKeep is how long a history id stays good: 0 is a week.
	HistoryKeep time.Duration
	// TidyHistory leaves out the records without a change and the repeated ones [7].
	TidyHistory bool
	// ShortPages makes list pages shorter than asked for, some of them empty [8].
	ShortPages bool

	// InlineText is how big a text may be to come inline: 0 is 1 MiB [9].
	InlineText int
	// AfterExclusive lets "after:" leave out mail of that very second [4].
	AfterExclusive bool
	// NoHours refuses the unit h in older_than and newer_than [5].
	NoHours bool
	// ToOnly lets to: look into the To header only [16].
	ToOnly bool
	// PlusTagIsOneWord keeps "a+b" one word in the address fields of the search index [6].
	PlusTagIsOneWord bool

	// UserFirst looks for the user before it looks at the delegation [1].
	UserFirst bool
	// LongAudienceText adds the right audience to the text of a failed audience check, as the
	// service did in the past.
	LongAudienceText bool
	// Propagation is how long a delegation takes to work after Delegate.
	Propagation time.Duration

	// UntrashToInbox gives a mail that untrash takes back its INBOX label again [10].
	UntrashToInbox bool
	// KeepDuplicates lets a delivered mail come in whose Message-ID is already there.
	KeepDuplicates bool
	// KeepFrom leaves the From of sent mail as it is, also where it is no address of the user [11].
	KeepFrom bool
	// ReplaceMessageID gives sent mail a Message-ID of the service's own [12].
	ReplaceMessageID bool
}

// limit reads a limit for which 0 is a default and less than 0 none.
func limit(value, standard int) (n int, on bool) {
	switch {
	case value < 0:
		return 0, false
	case value == 0:
		return standard, true
	}
	return value, true
}
