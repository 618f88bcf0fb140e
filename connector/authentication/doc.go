// Package authentication checks who sent a mail as a receiving server would: its DKIM signatures (RFC
// 6376) from the bytes of the mail, SPF (RFC 7208) of the machine that handed it over, and what DMARC
// (RFC 7489) makes of both. What servers on the way found is read by package delivery.
//
//	signatures, err := authentication.VerifyDKIM(ctx, m, net.DefaultResolver)
//
// Nothing is looked up but by the DNS that the caller gives: a test may have its own ([Zone]).
package authentication
