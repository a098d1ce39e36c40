"""Sign-in at a provider of OpenID Connect: authorization code with PKCE, state, nonce, and every ID token's signature checked.

Writes: links between identities and accounts, accounts where that is allowed, roles that the mapping names.
Reads: the provider's description and keys, through the one HTTP client.
Never: links by a name or an e-mail address; gives a role that the mapping does not name; keeps a token.
"""
