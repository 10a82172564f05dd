"""What travels over HTTP beside the objects of the socket: accounts, tokens, rooms as strangers see them, lists."""
