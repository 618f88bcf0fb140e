package fakegraph

import "time"

// Options choose between readings of the service where its documents and what people see of it
// differ, or where it varies. The zero value of each is the likeliest behaviour. The number in
// brackets is that of the assumption in ASSUMPTIONS.md, which has the evidence.
type Options struct {
	Limits Limits

	// The token endpoint.
	TokenLife time.Duration // how long a token lives; default 3599 s [A1]
	// DeviceInterval is how long a client waits between its questions about a device code; 0 is 5
	// seconds.
	DeviceInterval time.Duration
	LongCAETokens  bool   // a day, with refresh_in, for clients that announce CP1 [A1]
	TokenLimit     int    // token requests a minute before 429; 0: no limit [A2]
	Issuer         string // origin of the issuer; default https://login.microsoftonline.com on a foreign host
	OldErrorText   bool   // CRLF instead of blanks before the trailer of error_description [A3]
	StrictRevoke   bool   // RevokeTokens also stops tokens without the CAE capability [A4]

	// Users and permissions.
	UnknownUser  string // code for a user that is not there: ErrorInvalidUser (default), Request_ResourceNotFound or ResourceNotFound [A5]
	AliasUsers   bool   // a proxy address in the URL finds the mailbox [A6]
	OldPolicyMsg bool   // the shorter text of a denial by access policy [A7]

	// Reading.
	PlainBodyAsHTML  bool          // a mail without HTML has an HTML body unless Prefer says text [A10]
	Regenerate       bool          // $value writes the mail anew from its properties, as Exchange does for most mail [A11]
	ConvertSMIME     bool          // $value also works where conversion fails in the real service [A12]
	UnderscoreBug    bool          // an address with "_" matches nothing in a $filter [A13]
	RefuseBodyFilter bool          // contains(body/content, …) is a 400, as it once was [A14]
	SearchLag        time.Duration // how long after arrival $search finds a mail [A15]
	RawControlChars  bool          // JSON strings hold control characters unescaped [A16]

	// Deltas.
	DeltaLife      time.Duration // how long a delta or next link may lie unused; 0: for ever [A20]
	DeltaLocation  bool          // a 410 carries a Location to start over from [A21]
	RefuseFilter   bool          // the legal receivedDateTime filter is refused on a delta, as in 2022 [A22]
	DeltaReplays   bool          // each round repeats the items of the one before [A23]
	DeltaTopLimits bool          // $top on a delta bounds the whole round, not the page [A24]

	// Sending.
	SentDelay        time.Duration // from 202 to the copy in Sent Items [A30]
	DeliveryDelay    time.Duration // from 202 to the delivery [A30]
	RewriteMessageID bool          // a Message-ID in sent MIME is replaced [A31]
	HeaderLimit      int           // x- headers in a JSON message; default 5, negative: none [A32]
	SendLimitStatus  int           // status of a send over the rate; default 429 [A33]

	// Transport.
	RefuseGzip   bool // compressed request bodies get a 415 [A40]
	BatchOverrun bool // parts of a batch beyond 4 for one mailbox get a 429 [A41]
}

// Limits are the service's quotas. Zero is the real value, a negative one is no limit.
type Limits struct {
	Concurrent       int           // requests at a time; 4
	ConcurrentPerApp bool          // counted over all mailboxes of an app, not for each [A42]
	Requests         int           // an app's requests to one mailbox in ten minutes; 10,000
	Sends            int           // messages a mailbox sends in a minute; 30
	Upload           int64         // bytes an app writes to one mailbox in five minutes; 150 MB
	Recipients       int           // of one message; 500
	RetryAfter       time.Duration // what a 429 for concurrency says; 1 s
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	set(&l.Concurrent, 4)
	set(&l.Requests, 10_000)
	set(&l.Sends, 30)
	set(&l.Recipients, 500)
	if l.Upload == 0 {
		l.Upload = 150 << 20
	}
	if l.RetryAfter == 0 {
		l.RetryAfter = time.Second
	}
	return l
}
