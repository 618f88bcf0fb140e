// Package wire is the HTTP layer below the Graph SDK and the token library. It makes certain that
// whatever comes over the network, the layers above see an answer they can be trusted with:
//
//   - a failing answer is recorded with its status, header and body ([Record]), because the SDK
//     loses them where the body is empty, HTML, or JSON of another shape;
//   - an HTML page in place of JSON, a redirect, and a request to a foreign host are errors;
//   - JSON that breaks off ends in io.ErrUnexpectedEOF, and control characters in its strings,
//     which the service is known to send, become blanks;
//   - a server that falls silent is given up after a while, before the header and within the body.
//
// It retries nothing and reads no more than it must.
package wire
