package connectortest

import "slices"

// Laws lists all laws: what every backend must keep, whatever its service is like.
func Laws() []Law {
	return slices.Concat(arrivalLaws(), markLaws(), waitLaws(), claimLaws(), expectLaws(), faultLaws(), authLaws(), matchLaws(),
		contentLaws(), findLaws(), actLaws(), sendLaws(), safetyLaws(), sessionLaws(), backendLaws())
}

// Needs that several laws have.

func inVirtualTime(in *Instance) bool { return in.virtual }

func canPlace(in *Instance) bool  { return in.Place != nil }
func canFile(in *Instance) bool   { return canPlace(in) && !in.InboxOnly }
func canMove(in *Instance) bool   { return canFile(in) && in.Move != nil }
func canSee(in *Instance) bool    { return in.Snapshot != nil }
func canTrash(in *Instance) bool  { return canSee(in) && !in.InboxOnly }
func canOutage(in *Instance) bool { return in.Outage != nil }
func canRevoke(in *Instance) bool { return in.Revoke != nil }
func canLose(in *Instance) bool   { return in.LoseCursors != nil }
func canPeer(in *Instance) bool   { return in.Peer != "" && in.PeerMail != nil }
func canCount(in *Instance) bool  { return in.Requests != nil }
func canDelete(in *Instance) bool { return in.Delete != nil }
