package connectortest

func markLaws() []Law { return nil }
