"""The fastest transport: a protocol of asyncio and the parser of httptools, for one host."""
