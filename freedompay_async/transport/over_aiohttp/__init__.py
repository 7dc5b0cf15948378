"""The default transport: a session of aiohttp carries the requests."""
