// Package fakecyberark is CyberArk in memory: a Central Credential Provider ([CCP]) and a Conjur
// server ([Conjur]), as far as reading secrets goes. It is written from
// https://docs.cyberark.com/credential-providers/latest/en/content/ccp/calling-the-web-service-using-rest.htm
// and https://docs.cyberark.com/conjur-open-source/latest/en/content/developer/lp_rest_api.htm;
// see ASSUMPTIONS.md.
//
// Both embed a fakehttp.Front. The kind of a CCP's requests is "account", those of Conjur are
// "login" and "read".
package fakecyberark
